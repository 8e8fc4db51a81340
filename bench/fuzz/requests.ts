import { bend, nonsense } from '#bench/fuzz/nonsense';
import type { Random } from '#bench/fuzz/random';
import type { Raw } from '#bench/fuzz/wire';

/** Valid things to start from: with them a request gets past the first check, and into the second. */
export interface Valid {
  host: string;
  origin: string;
  authorization: () => string;
  multipass: () => string;
  cookie: () => string;
  transaction: () => string;
  basic: string;
  accessToken: string;
  refreshToken: string;
  idToken: string;
  password: string;
  name: string;
}

type Build = (random: Random, valid: Valid) => { path: string; query?: string; form?: Record<string, string> };

const simple =
  (...paths: [string, ...string[]]): Build =>
  (random) => ({ path: random.pick(paths) });

/** Every endpoint of gateway and minter, each as somebody with good intentions would call it. */
const endpoints: readonly [Build, ...Build[]] = [
  simple('/', '/login', '/agent/', '/agent/login', '/agent/tickets/12?x=1', '/admin/', '/admin/users', '/account'),
  simple('/logout', '/signed-out', '/customer/logout', '/register', '/lost-password', '/recover', '/favicon.ico'),
  simple('/assets/', '/assets/style.css', '/assets/brand/default.css', '/assets/../main.js', '/robots.txt'),
  (_random, valid) => ({ path: '/logout', query: `then=${valid.idToken}` }),
  (random) => ({ path: '/problem', query: `reference=ABCD2345&code=${random.pick(['replayed', 'internal', 'x.y'])}` }),
  (_random, valid) => ({ path: `/sign-in/${valid.transaction()}` }),
  (_random, valid) => ({
    path: `/sign-in/${valid.transaction()}`,
    form: { username: valid.name, name: valid.name, password: valid.password, usersource: 'local-users' },
  }),
  (_random, valid) => ({ path: '/agent/login', form: { username: valid.name, password: valid.password } }),
  simple('/sso/start/intranet', '/sso/start/local-users', '/sso/start/nobody', '/sso/start/'),
  (random, valid) => ({
    path: random.pick([
      '/sso/intranet/callback',
      '/sso/intranet/multipass',
      '/customer/authentication/multipass/callback',
    ]),
    query: valid.multipass(),
  }),
  (random, valid) => ({
    path: random.pick(['/sso/intranet/callback', '/sso/local-users/callback', '/sso/nobody/callback']),
    form: Object.fromEntries(new URLSearchParams(valid.multipass())),
  }),
  (_random, valid) => ({ path: '/oidc/auth', query: valid.authorization() }),
  (_random, valid) => ({ path: '/oidc/auth', form: Object.fromEntries(new URLSearchParams(valid.authorization())) }),
  (_random, valid) => ({ path: '/oidc/request', form: Object.fromEntries(new URLSearchParams(valid.authorization())) }),
  (_random, valid) => ({ path: `/oidc/auth/${valid.transaction()}` }),
  (_random, valid) => ({
    path: '/oidc/token',
    form: {
      grant_type: 'authorization_code',
      code: valid.accessToken,
      code_verifier: valid.transaction(),
      redirect_uri: valid.origin,
    },
  }),
  () => ({
    path: '/oidc/token',
    form: { grant_type: 'client_credentials', scope: 'profile', resource: 'https://api.acme.test/' },
  }),
  (_random, valid) => ({
    path: '/oidc/token',
    form: { grant_type: 'refresh_token', refresh_token: valid.refreshToken },
  }),
  (_random, valid) => ({
    path: '/oidc/token',
    form: {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: valid.idToken,
    },
  }),
  (random, valid) => ({
    path: random.pick(['/oidc/token/introspection', '/oidc/token/revocation']),
    form: { token: valid.idToken, token_type_hint: random.pick(['access_token', 'refresh_token', 'x']) },
  }),
  (random, valid) =>
    random.chance(0.5) ? { path: '/oidc/me' } : { path: '/oidc/me', form: { access_token: valid.accessToken } },
  simple('/oidc/jwks', '/oidc/.well-known/openid-configuration', '/.well-known/openid-configuration'),
  simple('/.well-known/oauth-authorization-server/oidc', '/.well-known/security.txt', '/oidc/', '/oidc', '/oidc/reg'),
  (random, valid) => ({
    path: '/oidc/session/end',
    ...(random.chance(0.5)
      ? { query: `id_token_hint=${valid.idToken}&post_logout_redirect_uri=http://127.0.0.1:4900/` }
      : { form: { id_token_hint: valid.idToken, client_id: 'web-es256' } }),
  }),
  (_random, valid) => ({ path: '/oidc/session/ended', query: `signed_out=${valid.idToken}` }),
  simple(
    '/saml/idp/metadata',
    '/saml/idp/sso?SAMLRequest=PHg+',
    '/saml/idp/slo',
    '/pass/web-es256',
    '/pass/',
    '/forward-auth',
  ),
];

const METHODS: readonly [string, ...string[]] = [
  'GET',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'get',
];
const TYPES: readonly [string, ...string[]] = [
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/xml',
  '',
];
const BODIES: readonly [string, ...string[]] = [
  '{',
  'null',
  '{"__proto__":{"admin":true}}',
  '[[[[[[]]]]]]',
  '&&&&',
  '=',
  'a=%',
  '\u0000\u0001\u0002',
  'x'.repeat(70_000),
  'a=b&'.repeat(5_000),
];

const encode = (random: Random, fields: Record<string, string>, bent: number): string =>
  Object.entries(fields)
    .filter(() => !random.chance(bent / 4))
    .flatMap(([name, value]) => {
      const key = random.chance(bent / 6) ? `${name}${random.pick(['[]', '[a]', '.b', '%00'])}` : name;
      const one = `${key}=${random.chance(bent) ? bend(random, encodeURIComponent(value)) : encodeURIComponent(value)}`;
      return random.chance(bent / 6) ? [one, one] : [one];
    })
    .join('&');

/** One request: a good one, bent here and there. */
export function generate(random: Random, valid: Valid): Raw {
  const built = random.pick(endpoints)(random, valid);
  // A third is bent hard, a third a little, a third hardly: the last get furthest.
  const bent = random.pick([0.6, 0.25, 0.08]);
  const path = random.chance(bent / 2) ? bendPath(random, built.path) : built.path;
  const query =
    built.query === undefined
      ? random.chance(bent / 3)
        ? `${nonsense(random)}=${nonsense(random)}`
        : ''
      : encode(random, Object.fromEntries(new URLSearchParams(built.query)), bent);
  const form = built.form && encode(random, built.form, bent);
  const body = form !== undefined && random.chance(bent / 4) ? random.pick(BODIES) : (form ?? '');
  const method = random.chance(bent / 3) ? random.pick(METHODS) : form === undefined ? 'GET' : 'POST';
  const target = `${path}${query === '' ? '' : `${path.includes('?') ? '&' : '?'}${query}`}`.replaceAll(/[\s]/g, '+');
  return { method, target: target || '/', headers: headersFor(random, valid, bent, body), body };
}

function bendPath(random: Random, path: string): string {
  const parts = path.split('/');
  const at = random.below(parts.length);
  parts[at] = bend(random, parts[at] ?? '');
  const bentPath = parts.join('/');
  return bentPath.startsWith('/') || random.chance(0.05) ? bentPath : `/${bentPath}`;
}

function headersFor(random: Random, valid: Valid, bent: number, body: string): [string, string][] {
  const headers: [string, string][] = [
    ['host', random.chance(bent / 10) ? clean(nonsense(random)) : valid.host],
    ['connection', 'close'],
  ];
  const maybe = (share: number, name: string, value: () => string): void => {
    if (random.chance(share)) headers.push([name, clean(random.chance(bent) ? bend(random, value()) : value())]);
  };
  maybe(0.6, 'cookie', valid.cookie);
  maybe(0.4, 'authorization', () => (random.chance(0.5) ? valid.basic : `Bearer ${valid.accessToken}`));
  maybe(0.5, 'origin', () => valid.origin);
  maybe(0.4, 'sec-fetch-site', () => random.pick(['same-origin', 'cross-site', 'none']));
  maybe(0.3, 'accept', () => random.pick(['text/html', 'application/json', '*/*', 'text/html;q=x']));
  maybe(0.1, 'accept-language', () => 'de-CH,de;q=0.9');
  maybe(0.1, 'x-forwarded-for', () => '203.0.113.9');
  maybe(0.1, 'x-forwarded-host', () => 'evil.test');
  maybe(0.1, 'x-forwarded-proto', () => 'https');
  maybe(0.05, 'if-none-match', () => '"x"');
  maybe(0.05, 'dpop', () => valid.idToken);
  maybe(0.03, 'expect', () => '100-continue');
  if (body !== '') {
    headers.push(['content-type', random.chance(bent / 3) ? random.pick(TYPES) : 'application/x-www-form-urlencoded']);
    const length = Buffer.byteLength(body, 'latin1');
    // Too short cuts the body; too long would only wait for more.
    headers.push(['content-length', random.chance(bent / 20) ? random.pick(['0', '-1', '1', 'x']) : String(length)]);
  }
  return headers;
}

/** A line break in a header would be two headers, which is a test of this file and not of the broker. */
const clean = (value: string): string => value.replaceAll(/[\r\n\0]/g, '');
