// Asks Amplify for a session as an app does: as a guest, and then, when there is an ID token, as a user.
// Argument: {"endpoint", "pool", "userPool", "client", "tokens": {"id_token", "access_token"}}; prints the sessions.
import { Amplify, decodeJWT, fetchAuthSession } from '@aws-amplify/core';
import { cognitoCredentialsProvider } from '@aws-amplify/auth/cognito';

const { endpoint, pool, userPool, client, tokens } = JSON.parse(process.argv[2]);
const settings = { identityPoolId: pool, identityPoolEndpoint: endpoint, allowGuestAccess: true, userPoolId: userPool, userPoolClientId: client };

async function session(signedIn) {
  const getTokens = async () => signedIn && { idToken: decodeJWT(tokens.id_token), accessToken: decodeJWT(tokens.access_token) };
  Amplify.configure({ Auth: { Cognito: settings } }, { Auth: { credentialsProvider: cognitoCredentialsProvider, tokenProvider: { getTokens } } });
  const { credentials, identityId } = await fetchAuthSession();
  return { credentials, identityId };
}

const sessions = [await session(false)];
if (tokens) sessions.push(await session(true));
console.log(JSON.stringify(sessions));
