// npm's samlp as a company would run it: metadata, and a sign-in that begins at the provider.
// Argument: {"issuer", "port", "key", "cert", "users", "options"}; users have attributes, options are further ones of samlp.
import { createServer } from 'node:http';
import samlp from 'samlp';

const { issuer, port, key, cert, users, options } = JSON.parse(process.argv[2]);
const destination = 'https://signin.aws.amazon.com/saml';

const profileMapper = ({ name, attributes }) => ({
  getClaims: () => attributes,
  getNameIdentifier: () => ({ nameIdentifier: name, nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' }),
});
profileMapper.prototype = { metadata: [] };

const signIn = samlp.auth({
  issuer, key, cert, profileMapper, destination,
  recipient: destination,
  audience: 'urn:amazon:webservices',
  lifetimeInSeconds: 300,
  getPostURL: (_audience, _request, _req, done) => done(null, destination),
  getUserFromRequest: ({ query }) => users[query.user] && { name: query.user, attributes: users[query.user] },
  ...options,
});
const metadata = samlp.metadata({ issuer, cert, profileMapper, redirectEndpointPath: '/sso', postEndpointPath: '/sso' });

// What samlp expects of Express.
function express(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  Object.assign(request, { originalUrl: request.url, protocol: 'https', query: Object.fromEntries(searchParams) });
  response.set = response.setHeader;
  response.send = (answer) => (typeof answer === 'number' ? response.writeHead(answer).end() : response.end(answer));
  return pathname;
}

createServer((request, response) => {
  switch (express(request, response)) {
    case '/metadata': return metadata(request, response);
    case '/sso': return signIn(request, response, (error) => response.writeHead(500).end(String(error)));
    default: return response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1');
process.stdin.resume().on('end', () => process.exit());
