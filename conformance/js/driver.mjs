// Makes API calls with the AWS SDK for JavaScript v3: one JSON request a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';
import * as cognito from '@aws-sdk/client-cognito-identity';
import * as iam from '@aws-sdk/client-iam';
import * as sts from '@aws-sdk/client-sts';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';

const services = {
  'cognito-identity': [cognito, cognito.CognitoIdentityClient],
  sts: [sts, sts.STSClient],
  iam: [iam, iam.IAMClient],
};

// Only the region and the endpoint are set, as a user would; guests and users of a pool are resolved by the SDK.
function credentials({ credentials: given, pool }, endpoint, region) {
  if (!pool) return given;
  return fromCognitoIdentityPool({ identityPoolId: pool.id, logins: pool.logins, clientConfig: { endpoint, region } });
}

async function answer(call) {
  const [api, Client] = services[call.service];
  const { endpoint, region } = call;
  const client = new Client({ endpoint, region, credentials: credentials(call, endpoint, region) });
  try {
    const { $metadata, ...output } = await client.send(new api[`${call.operation}Command`](call.input));
    return { output };
  } catch (error) {
    if (!error.$metadata) throw error;
    const exception = error.name in api && error instanceof api[error.name] ? error.name : '';
    return { fault: { code: error.Code ?? error.name, message: error.message, exception, status: error.$metadata.httpStatusCode, requestId: error.$metadata.requestId } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
