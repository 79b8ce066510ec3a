// npm's oidc-provider as a company would run it: behind a public https name, with several clients.
// Argument: {"issuer", "port", "keys"}; keys is a file with a JWK set, made when missing.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { issuer, port, keys } = JSON.parse(process.argv[2]);
const minutes = 60;
const lifetimes = { app: 30 * minutes, 'app-es256': 30 * minutes, other: 30 * minutes, grace: 58 * minutes };

if (!existsSync(keys)) {
  const pairs = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
  writeFileSync(keys, JSON.stringify({ keys: pairs.map((pair) => ({ ...pair.privateKey.export({ format: 'jwk' }), use: 'sig' })) }), { mode: 0o600 });
}

// Claims beside the usual ones: what an auditor tells STS, and what an administrator or a chemist tells an identity pool.
const role = (name) => `arn:aws:iam::000000000000:role/${name}`;
const special = {
  auditor: {
    'https://aws.amazon.com/source_identity': 'auditor',
    'https://aws.amazon.com/tags': { principal_tags: { team: ['audit'] }, transitive_tag_keys: ['team'] },
  },
  administrator: { 'cognito:roles': [role('admin'), role('member')], 'cognito:preferred_role': role('admin') },
  chemist: { department: 'chemistry' },
};

const provider = new Provider(issuer, {
  clients: Object.keys(lifetimes).map((id) => ({
    client_id: id,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://app.example.test/callback'],
    id_token_signed_response_alg: id.endsWith('es256') ? 'ES256' : 'RS256',
  })),
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
  cookies: { keys: ['only for these tests'] },
  claims: { openid: ['sub', 'jti', ...Object.values(special).flatMap(Object.keys)], email: ['email'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, jti: randomUUID(), email: `${id}@example.test`, ...special[id] }) }),
  conformIdTokenClaims: false,
  ttl: {
    IdToken: (_ctx, _token, client) => lifetimes[client.clientId],
    AccessToken: 60 * minutes,
    RefreshToken: 24 * 60 * minutes,
    Interaction: 24 * 60 * minutes,
    Session: 24 * 60 * minutes,
    Grant: 24 * 60 * minutes,
  },
});
provider.proxy = true;

const handle = provider.callback();
const { protocol, host, pathname } = new URL(issuer);
const mount = pathname.replace(/\/$/, '');
const server = createServer((request, response) => {
  if (!request.url.startsWith(`${mount}/`)) return response.writeHead(404).end();
  // A reverse proxy keeps the public name, and a web framework the mount point: every URL then carries both.
  Object.assign(request.headers, { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host });
  request.originalUrl = request.url;
  request.url = request.url.slice(mount.length);
  return handle(request, response);
});
server.listen(port, '127.0.0.1');
process.stdin.resume().on('end', () => process.exit());
