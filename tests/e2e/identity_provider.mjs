// A real identity provider, oidc-provider, for identity_provider.py: its arguments are one JSON text. Each line on its
// standard input replaces what it knows of people: {"subject": {claims}}.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

console.info = console.warn = () => {}; // what it says of being used for development
const { default: Provider } = await import('oidc-provider');
const told = JSON.parse(process.argv[2]);
let people = told.people;

const provider = new Provider(told.issuer, {
  clients: [{
    client_id: told.client_id,
    client_secret: told.client_secret ?? undefined,
    token_endpoint_auth_method: told.client_secret ? told.auth_method : 'none',
    redirect_uris: [told.redirect_uri],
    post_logout_redirect_uris: [told.home],
    id_token_signed_response_alg: told.algorithm,
    ...told.client,
  }],
  clientAuthMethods: [told.client_secret ? told.auth_method : 'none'],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'PS256'] },
  jwks: { keys: told.keys },
  claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name'], groups: ['groups'] },
  conformIdTokenClaims: told.by_userinfo,
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
  findAccount: (_, subject) => people[subject] && { accountId: subject, claims: () => ({ sub: subject, ...people[subject] }) },
});
provider.on('server_error', (_, error) => console.error(error));

createInterface({ input: process.stdin }).on('line', (line) => {
  people = JSON.parse(line);
  console.log('known');
}).on('close', () => process.exit(0));

createServer({ key: readFileSync(told.key), cert: readFileSync(told.certificate) }, provider.callback())
  .listen(told.port, '127.0.0.1', () => console.log('ready'));
