// Makes API calls with the AWS SDK for JavaScript v2: one JSON request a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';
import AWS from 'aws-sdk';

const services = { 'cognito-identity': AWS.CognitoIdentity, sts: AWS.STS, iam: AWS.IAM };

// With a role the SDK goes through the basic flow, without one through the enhanced flow. A client without any
// credentials breaks inside the SDK when a token has expired, so a public call gets some, which it does not use.
function credentials({ credentials: given, pool }, config) {
  if (!pool) return new AWS.Credentials(given ?? { accessKeyId: 'none', secretAccessKey: 'none' });
  return new AWS.CognitoIdentityCredentials({ IdentityPoolId: pool.id, Logins: pool.logins, RoleArn: pool.role }, config);
}

async function answer(call) {
  const config = { endpoint: call.endpoint, region: call.region };
  const client = new services[call.service]({ ...config, credentials: credentials(call, config) });
  try {
    const { $response, ...output } = await client[call.operation[0].toLowerCase() + call.operation.slice(1)](call.input).promise();
    return { output };
  } catch (error) {
    if (!error.statusCode) throw error;
    return { fault: { code: error.code, message: error.message, exception: '', status: error.statusCode, requestId: error.requestId } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
