// Makes API calls with the AWS SDK for JavaScript v2: one JSON request a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';
import AWS from 'aws-sdk';

const services = { 'cognito-identity': AWS.CognitoIdentity, sts: AWS.STS, iam: AWS.IAM };

// With a role the SDK goes through the basic flow, without one through the enhanced flow. A client without any
// credentials breaks inside the SDK when a token has expired, so a public call gets some, which it does not use.
function credentials({ credentials: given, pool }, config) {
  if (!pool) return new AWS.Credentials(given ?? { accessKeyId: 'none', secretAccessKey: 'none' });
  if (pool.token) return new AWS.WebIdentityCredentials({ RoleArn: pool.role, WebIdentityToken: pool.token }, config);
  return new AWS.CognitoIdentityCredentials({ IdentityPoolId: pool.id, IdentityId: pool.identity, Logins: pool.logins, RoleArn: pool.role }, config);
}

// The credentials of each device, which the SDK has keep the id of the identity. An app tells them of new tokens.
const devices = new Map();

const app = {
  async Session(call, config) {
    const { device, identity, logins } = call.pool;
    const kept = devices.get(device) ?? credentials(call, config);
    devices.set(device, kept);
    if (identity) kept.params.IdentityId = identity;
    kept.params.Logins = logins;
    await kept.refreshPromise();
    const { identityId, accessKeyId, secretAccessKey, sessionToken } = kept;
    return { identityId, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  },
  Forget: ({ pool }) => devices.get(pool.device).clearCachedId(),
};

async function output(call) {
  const config = { endpoint: call.endpoint, region: call.region };
  if (call.service === 'app') return app[call.operation](call, config);
  const client = new services[call.service]({ ...config, credentials: credentials(call, config) });
  const { $response, ...output } = await client[call.operation[0].toLowerCase() + call.operation.slice(1)](call.input).promise();
  return output;
}

async function answer(call) {
  try {
    return { output: await output(call) };
  } catch (error) {
    if (!error.statusCode) throw error;
    return { fault: { code: error.code, message: error.message, exception: '', status: error.statusCode, requestId: error.requestId } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
