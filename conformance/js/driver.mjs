// Makes API calls with the AWS SDK for JavaScript v3: one JSON request a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';
import * as cognito from '@aws-sdk/client-cognito-identity';
import * as iam from '@aws-sdk/client-iam';
import * as sts from '@aws-sdk/client-sts';
import { fromCognitoIdentity, fromCognitoIdentityPool, fromWebToken } from '@aws-sdk/credential-providers';

const services = {
  'cognito-identity': [cognito, cognito.CognitoIdentityClient],
  sts: [sts, sts.STSClient],
  iam: [iam, iam.IAMClient],
};

// What each device keeps, as a browser does from one visit to the next.
const devices = new Map();

function cache(device = '') {
  if (!devices.has(device)) devices.set(device, new Map());
  const kept = devices.get(device);
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

// Only the region and the endpoint are set, as a user would; guests and users of a pool are resolved by the SDK.
function credentials({ credentials: given, pool, endpoint, region }) {
  if (!pool) return given;
  const { id, identity, logins, role, token, user } = pool;
  const clientConfig = { endpoint, region };
  if (token) return fromWebToken({ roleArn: role, roleSessionName: 'web-identity', webIdentityToken: token, clientConfig });
  if (identity) return fromCognitoIdentity({ identityId: identity, logins, clientConfig });
  return fromCognitoIdentityPool({ identityPoolId: id, logins, userIdentifier: user, cache: cache(pool.device), clientConfig });
}

const app = {
  async Session(call) {
    const { identityId, accessKeyId, secretAccessKey, sessionToken } = await credentials(call)();
    return { identityId, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  },
  Forget: ({ pool }) => devices.delete(pool.device),
};

async function output(call) {
  if (call.service === 'app') return app[call.operation](call);
  const [api, Client] = services[call.service];
  const { endpoint, region } = call;
  const client = new Client({ endpoint, region, credentials: credentials(call) });
  const { $metadata, ...output } = await client.send(new api[`${call.operation}Command`](call.input));
  return output;
}

async function answer(call) {
  try {
    return { output: await output(call) };
  } catch (error) {
    if (!error.$metadata) throw error;
    const api = services[call.service]?.[0] ?? cognito;
    const exception = error.name in api && error instanceof api[error.name] ? error.name : '';
    return { fault: { code: error.Code ?? error.name, message: error.message, exception, status: error.$metadata.httpStatusCode, requestId: error.$metadata.requestId } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
