// Asks Amplify for sessions as apps do: one JSON request a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';
import { Amplify, decodeJWT, fetchAuthSession } from '@aws-amplify/core';
import { CognitoAWSCredentialsAndIdentityIdProvider, DefaultIdentityIdStore } from '@aws-amplify/auth/cognito';

// What each device keeps, as a browser does from one visit to the next.
const devices = new Map();

function device(name) {
  if (!devices.has(name)) {
    const kept = new Map();
    const storage = { getItem: async (key) => kept.get(key) ?? null, setItem: async (key, value) => kept.set(key, value), removeItem: async (key) => kept.delete(key) };
    devices.set(name, new CognitoAWSCredentialsAndIdentityIdProvider(new DefaultIdentityIdStore(storage)));
  }
  return devices.get(name);
}

// An app has one login, and that at a user pool. The access token is for the user pool alone, so the ID token does.
function signedIn(logins) {
  const [login] = Object.entries(logins ?? {});
  if (!login) return { settings: {}, tokens: undefined };
  const [provider, token] = login;
  const idToken = decodeJWT(token);
  return { settings: { userPoolId: provider.split('/')[1], userPoolClientId: idToken.payload.aud }, tokens: { idToken, accessToken: idToken } };
}

const app = {
  async Session({ pool, endpoint }) {
    const { settings, tokens } = signedIn(pool.logins);
    Amplify.configure(
      { Auth: { Cognito: { identityPoolId: pool.id, identityPoolEndpoint: endpoint, allowGuestAccess: true, ...settings } } },
      { Auth: { credentialsProvider: device(pool.device), tokenProvider: { getTokens: async () => tokens } } },
    );
    const { credentials, identityId } = await fetchAuthSession({ forceRefresh: true });
    return { credentials, identityId };
  },
  Forget: ({ pool }) => device(pool.device).clearCredentialsAndIdentityId(), // as signOut does
};

async function answer(call) {
  try {
    return { output: await app[call.operation](call) };
  } catch (error) {
    if (error.constructor.name !== 'AuthError') throw error;
    return { fault: { code: error.name, message: error.message, exception: error.name } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
