// Signs the calls on standard input with @smithy/signature-v4, and sends them to the URL in the argument.
import { text } from 'node:stream/consumers';
import { request as send } from 'node:http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

const { protocol, hostname, port, host } = new URL(process.argv[2]);
const work = JSON.parse(await text(process.stdin));

// What the SDK does before signing: a map of parameters, the host, and the length of the body.
function unsigned(call) {
  const query = {};
  for (const [name, value] of call.query) {
    query[name] = name in query ? [].concat(query[name], value) : value;
  }
  const headers = { host, ...Object.fromEntries(call.headers) };
  if (call.body) headers['content-length'] = String(Buffer.byteLength(call.body));
  return { protocol, hostname, port, method: call.method, path: call.path, query, headers, body: call.body || undefined };
}

function sign(call) {
  const { region, service, accessKeyId, secretAccessKey } = work;
  const sessionToken = call.token ? work.sessionToken : undefined;
  const signer = new SignatureV4({ region, service, sha256: Sha256, credentials: { accessKeyId, secretAccessKey, sessionToken } });
  return call.presigned ? signer.presign(unsigned(call)) : signer.sign(unsigned(call));
}

const escape = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function target({ path, query }) {
  const pairs = Object.entries(query).flatMap(([name, values]) => [].concat(values).map((value) => `${escape(name)}=${escape(value)}`));
  return pairs.length ? `${path}?${pairs.join('&')}` : path;
}

function answer(signed) {
  return new Promise((resolve, reject) => {
    const { method, headers } = signed;
    const request = send({ hostname, port, method, headers, path: target(signed) }, async (response) => {
      resolve(`${response.statusCode} ${(await text(response)).replaceAll('\n', ' ')}`);
    });
    request.on('error', reject);
    request.end(signed.body);
  });
}

for (const call of work.calls) {
  console.log(await answer(await sign(call)));
}
