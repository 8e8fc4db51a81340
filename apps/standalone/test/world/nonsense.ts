import fc from 'fast-check';

/** A request as it goes over the wire, byte for byte: a well-mannered client would refuse to send most of them. */
export interface Raw {
  method: string;
  target: string;
  headers: [string, string][];
  body: string;
}

/** Good things to start from: with them a request gets past the first check and into the second. */
export interface Good {
  host: string;
  origin: string;
  transaction: string;
  /** A question to an owner: may this stranger's login open your account? */
  ownership: string;
  multipass: string;
  authorization: string;
  /** Sealed frames of a sign-out, on their way between gateway and minter. */
  then: string;
  signedOut: string;
  cookies: readonly string[];
  authorizations: readonly string[];
  code: string;
  accessToken: string;
  refreshToken: string;
  idToken: string;
  clientSecret: string;
  name: string;
  password: string;
}

export interface Asked {
  path: string;
  query?: string;
  form?: Record<string, string>;
}

const fields = (query: string): Record<string, string> => Object.fromEntries(new URLSearchParams(query));
const asked =
  (path: string): ((good: Good) => Asked) =>
  () => ({ path });
const signIn = (good: Good) => ({ username: good.name, password: good.password, return_to: '/agent/' });
/** What a browser says of a key: parsed before anybody asks whether it is one. */
const CREDENTIAL = JSON.stringify({
  ...{ id: 'a2V5', rawId: 'a2V5', type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' },
  response: { clientDataJSON: 'e30', authenticatorData: 'e30', signature: 'e30', attestationObject: 'oA' },
});
const SURFACES = ['', '/agent', '/admin'] as const;
const BACK = ['callback', 'acs', 'jwt', 'multipass'] as const;

/** What each surface has: its own forms for people with built-in accounts. */
const ofSurface = (surface: (typeof SURFACES)[number]): ((good: Good) => Asked)[] => [
  ...['passkey', 'register', 'lost-password', 'change-password', 'account', 'logout', 'login'].map((path) =>
    asked(`${surface}/${path}`),
  ),
  (good) => ({ path: `${surface}/login`, form: signIn(good) }),
  (good) => ({ path: `${surface}/logout`, form: { then: good.then, answer: 'yes' } }),
  (good) => ({ path: `${surface}/passkey`, form: { credential: CREDENTIAL, transaction: good.transaction } }),
  (good) => ({ path: `${surface}/register`, form: { email: 'new@acme.test', name: 'New', password: good.password } }),
  (good) => ({ path: `${surface}/register/${good.code}` }),
  (good) => ({ path: `${surface}/register/${good.code}`, form: { name: 'New', password: good.password } }),
  (good) => ({ path: `${surface}/lost-password`, form: { email: good.name, username: good.name } }),
  (good) => ({ path: `${surface}/lost-password/${good.code}` }),
  (good) => ({ path: `${surface}/lost-password/${good.code}`, form: { password: good.password } }),
  (good) => ({
    path: `${surface}/change-password`,
    form: { username: good.name, current: `not ${good.password}`, password: good.password },
  }),
];

/** Every endpoint of gateway and minter, as somebody with good intentions would call it. */
const ENDPOINTS: ((good: Good) => Asked)[] = [
  ...SURFACES.flatMap(ofSurface),
  ...BACK.flatMap((back) => [
    (good: Good) => ({ path: `/sso/intranet/${back}`, query: good.multipass }),
    (good: Good) => ({ path: `/sso/intranet/${back}`, form: fields(good.multipass) }),
    (good: Good) => ({ path: `/sso/intranet/${back}`, form: { SAMLResponse: good.idToken, RelayState: good.code } }),
    (good: Good) => ({ path: `/sso/intranet/${back}`, query: `code=${good.code}&state=${good.transaction}` }),
    (good: Good) => ({ path: `/sso/intranet/${back}`, query: `jwt=${good.idToken}&posted=${good.transaction}` }),
  ]),
  ...['/sso/intranet/metadata', '/sso/nobody/metadata', '/account/confirm', '/second-factor'].map(asked),
  ...['/second-factor/app', '/second-factor/passkey', '/language/en', '/language/xx', '/sso/intranet/slo'].map(asked),
  (good) => ({ path: '/sso/intranet/slo', query: `SAMLRequest=${good.code}&Signature=${good.code}&sid=${good.code}` }),
  (good) => ({ path: '/sso/intranet/slo', form: { SAMLRequest: good.code, logout_token: good.idToken } }),
  (good) => ({ path: '/second-factor', query: `with=recovery&transaction=${good.transaction}` }),
  (good) => ({ path: '/second-factor', form: { code: '123456', credential: CREDENTIAL, return_to: good.origin } }),
  () => ({ path: '/second-factor/app', form: { code: '123456', name: 'My telephone' } }),
  () => ({ path: '/second-factor/passkey', form: { credential: CREDENTIAL, name: 'My key' } }),
  () => ({ path: '/second-factor/recovery-codes', form: { return_to: '/account' } }),
  (good) => ({ path: '/second-factor/remove', form: { factor: good.code, id: good.code } }),
  (good) => ({ path: '/account/sessions/end', form: { session: good.code } }),
  () => ({ path: '/account/link', form: { usersource: 'intranet' } }),
  (good) => ({ path: `/account/link/${good.transaction}` }),
  (good) => ({ path: `/account/link/${good.transaction}`, form: { answer: 'yes' } }),
  () => ({ path: '/account/unlink', form: { usersource: 'intranet' } }),
  (good) => ({ path: `/link/${good.ownership}` }),
  (good) => ({ path: `/link/${good.ownership}/sign-in` }),
  (good) => ({ path: `/link/${good.ownership}`, form: { answer: 'yes' } }),
  (good) => ({ path: `/link/${good.ownership}/mail`, form: { answer: 'yes' } }),
  (good) => ({ path: `/link/${good.ownership}/code`, form: { code: 'ABCD2345' } }),
  (good) => ({ path: `/address/${good.transaction}` }),
  (good) => ({ path: `/address/${good.transaction}`, form: { email: 'new@acme.test' } }),
  (good) => ({ path: `/address/${good.transaction}/code`, form: { code: 'ABCD2345' } }),
  (good) => ({ path: '/recover', form: { token: good.code } }),
  () => ({ path: '/recover/mail', form: { email: 'ada@acme.test' } }),
  () => ({ path: '/language/en', query: 'return_to=/account' }),
  ...['/', '/login', '/agent/', '/agent/login', '/agent/tickets/12', '/admin/', '/admin/login', '/account'].map(asked),
  ...['/register', '/lost-password', '/recover', '/forward-auth', '/problem', '/signed-out', '/favicon.ico'].map(asked),
  ...['/logout', '/agent/logout', '/admin/logout', '/customer/logout', '/assets/', '/assets/x.css'].map(asked),
  ...['/sso/start/intranet', '/sso/start/local-users', '/sso/start/nobody', '/saml/idp/metadata', '/pass/x'].map(asked),
  ...['/oidc/jwks', '/oidc/.well-known/openid-configuration', '/.well-known/openid-configuration'].map(asked),
  ...['/.well-known/oauth-authorization-server/oidc', '/oidc/', '/oidc/reg', '/oidc/device', '/saml/idp/sso'].map(
    asked,
  ),
  () => ({ path: '/problem', query: 'code=replayed&reference=ABCD2345' }),
  (good) => ({ path: '/login', query: `return_to=${encodeURIComponent(`${good.origin}/account`)}` }),
  (good) => ({ path: '/login', form: signIn(good) }),
  (good) => ({ path: '/agent/login', form: signIn(good) }),
  (good) => ({ path: `/sign-in/${good.transaction}` }),
  (good) => ({ path: `/sign-in/${good.transaction}`, form: signIn(good) }),
  (good) => ({ path: '/sso/start/intranet', query: `transaction=${good.transaction}` }),
  (good) => ({ path: `/sso/continue/${good.transaction}` }),
  (good) => ({ path: `/sso/continue/${good.transaction}`, form: { answer: 'yes' } }),
  (good) => ({ path: '/sso/intranet/callback', query: good.multipass }),
  (good) => ({ path: '/sso/intranet/multipass', query: good.multipass }),
  (good) => ({ path: '/sso/intranet/multipass', form: fields(good.multipass) }),
  (good) => ({ path: '/sso/local-users/callback', form: fields(good.multipass) }),
  (good) => ({ path: '/customer/authentication/multipass/callback', query: good.multipass }),
  (good) => ({ path: '/logout', query: `then=${good.then}` }),
  (good) => ({ path: '/customer/logout', form: { then: good.then, answer: 'yes' } }),
  (good) => ({ path: '/oidc/auth', query: good.authorization }),
  (good) => ({ path: '/oidc/auth', form: fields(good.authorization) }),
  (good) => ({ path: '/oidc/request', form: fields(good.authorization) }),
  (good) => ({ path: `/oidc/auth/${good.transaction}` }),
  (good) => ({
    path: '/oidc/token',
    form: { grant_type: 'authorization_code', code: good.code, redirect_uri: good.origin, code_verifier: good.code },
  }),
  (good) => ({
    path: '/oidc/token',
    form: {
      grant_type: 'refresh_token',
      refresh_token: good.refreshToken,
      client_id: 'helpdesk',
      client_secret: good.clientSecret,
    },
  }),
  () => ({
    path: '/oidc/token',
    form: { grant_type: 'client_credentials', scope: 'openid', resource: 'https://a.test' },
  }),
  (good) => ({
    path: '/oidc/token',
    form: {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: good.idToken,
    },
  }),
  (good) => ({ path: '/oidc/token/introspection', form: { token: good.accessToken, token_type_hint: 'access_token' } }),
  (good) => ({ path: '/oidc/token/revocation', form: { token: good.idToken, token_type_hint: 'refresh_token' } }),
  asked('/oidc/me'),
  (good) => ({ path: '/oidc/me', form: { access_token: good.accessToken } }),
  (good) => ({ path: '/oidc/session/end', query: `id_token_hint=${good.idToken}&client_id=helpdesk` }),
  (good) => ({
    path: '/oidc/session/end',
    form: { id_token_hint: good.idToken, post_logout_redirect_uri: good.origin },
  }),
  (good) => ({ path: '/oidc/session/ended', query: `signed_out=${good.signedOut}` }),
];

/** What is asked, so that somebody can see that nothing is left out. */
export const everythingAsked = (good: Good): { method: string; path: string }[] =>
  ENDPOINTS.map((endpoint) => endpoint(good)).map(({ path, form }) => ({ method: form ? 'POST' : 'GET', path }));

/** What breaks parsers, encoders, databases, names of keys, templates and people's patience. */
const CORPUS = [
  ...['', '%', '%00', '%zz', '%c0%ae', '%ff%fe', '%ED%A0%80', '%F0%9F%92%A9', '%0d%0aSet-Cookie:%20a=b', '\u00ff', '*'],
  ...[
    '../../etc/passwd',
    '..%2f..%2f',
    '..;/',
    '//evil.test',
    '/%5cevil.test',
    '\\evil.test',
    'https://evil.test/',
    '?',
    '#',
  ],
  ...['javascript:alert(1)', '"><script>alert(1)</script>', "'%20or%20'1'='1", '{{7*7}}', '<%=7*7%>', '${7*7}'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '[object Object]',
    'undefined',
    'null',
    'NaN',
    '-1',
    '0',
    '1e309',
    '9'.repeat(40),
  ],
  ...[
    'a[]=1',
    'a[b]=1',
    '%7B%22$ne%22:null%7D',
    '....',
    '=====',
    'eyJhbGciOiJub25lIn0.e30.',
    'eyJhbGciOiJIUzI1NiJ9.bnVsbA.AA',
  ],
  ...[
    'A'.repeat(300),
    'A'.repeat(4_096),
    'A'.repeat(14_000),
    '%F0'.repeat(300),
    '2026-13-45T99:99:99Z',
    '\t',
    ';',
    ',',
    '&',
    '=',
  ],
];
const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY', 'get'];
const TYPES = ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/xml', ''];
const FORM = 'application/x-www-form-urlencoded';
const BODIES = [
  '{',
  'null',
  '{"__proto__":{"a":1}}',
  '&&&&',
  '=',
  'a=%',
  '\0\u0001',
  'x'.repeat(70_000),
  'a=b&'.repeat(4_000),
];
const HOSTS = [
  'evil.test',
  '',
  'localhost',
  'localhost:1',
  'localhost:99999999',
  '[::1]',
  'a b',
  'LOCALHOST',
  'x'.repeat(5_000),
];
const HEADERS = [
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded', 'x-original-url'],
  ...['x-rewrite-url', 'x-http-method-override', 'x_forwarded_host', 'x-remote-user', 'x-forwarded-client-cert'],
  ...['origin', 'referer', 'sec-fetch-site', 'sec-fetch-mode', 'accept', 'accept-language', 'content-encoding'],
  ...['if-none-match', 'dpop', 'expect', 'range', 'upgrade', 'purpose', 'x-requested-with', 'content-language', 'te'],
];
const CLAIMS = [
  '203.0.113.9',
  'evil.test',
  'https',
  'for=1.2.3.4;host=evil.test',
  '/admin/',
  'DELETE',
  'root',
  'same-origin',
];

interface Bend {
  how: number;
  at: number;
  piece: string;
}
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...CORPUS) },
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const bend: fc.Arbitrary<Bend> = fc.record({ how: fc.nat(7), at: fc.double({ min: 0, max: 1, noNaN: true }), piece });

/** Of something good, something nearly good. */
function bent(text: string, { how, at, piece: other }: Bend): string {
  const here = Math.floor(at * text.length);
  const flipped = String.fromCharCode((text.charCodeAt(here) || 65) ^ (1 << (how % 5)));
  const ways = [
    () => other,
    () => text.slice(0, here),
    () => text.slice(0, here) + other + text.slice(here),
    () => text.slice(0, here) + flipped + text.slice(here + 1),
    () => text + text,
    () => text.toUpperCase(),
    () => text.slice(0, here) + text.slice(here + 1),
    () => text.split('').reverse().join(''),
  ];
  return (ways[how] ?? ways[0])?.() ?? other;
}

const rarely = <T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary });

/** How one request differs from a good one. Only chances: what is good is known when it is sent. */
export interface Plan {
  endpoint: number;
  path: Bend | undefined;
  members: { which: number; name: boolean; twice: boolean; drop: boolean; bend: Bend }[];
  method: string | undefined;
  host: string | undefined;
  headers: [string, string][];
  cookie: number;
  cookieBend: Bend | undefined;
  authorization: number;
  authorizationBend: Bend | undefined;
  body: string | undefined;
  type: string | undefined;
  length: string | undefined;
  /** Whether the browser says that the form is one of our own pages. */
  ours: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  endpoint: fc.nat(ENDPOINTS.length - 1),
  path: rarely(20, bend),
  members: fc.array(
    fc.record({ which: fc.nat(8), name: fc.boolean(), twice: fc.boolean(), drop: fc.boolean(), bend }),
    { maxLength: 3 },
  ),
  method: rarely(15, fc.constantFrom(...METHODS)),
  host: rarely(6, fc.constantFrom(...HOSTS)),
  headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), fc.oneof(fc.constantFrom(...CLAIMS), piece)), {
    maxLength: 4,
  }),
  cookie: fc.nat(4),
  cookieBend: rarely(20, bend),
  authorization: fc.nat(5),
  authorizationBend: rarely(30, bend),
  body: rarely(6, fc.constantFrom(...BODIES)),
  type: rarely(8, fc.constantFrom(...TYPES)),
  length: rarely(2, fc.constantFrom('0', '-1', '1', 'x', '1, 1')),
  ours: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, fc.constant(false)),
});

/** The same plans for the same seed. */
export const plans = (seed: number, numRuns: number): Plan[] => fc.sample(plan, { seed, numRuns });

export function request(chances: Plan, good: Good): Raw {
  const base = ENDPOINTS[chances.endpoint]?.(good) ?? { path: '/' };
  const path = chances.path ? bentPath(base.path, chances.path) : base.path;
  const query = base.query === undefined ? '' : encode(fields(base.query), chances);
  const form = base.form && encode(base.form, chances);
  const body = chances.body ?? form ?? '';
  const method = chances.method ?? (base.form ? 'POST' : 'GET');
  const target = inLine(`${path}${query === '' ? '' : `?${query}`}`) || '/';

  const headers: [string, string][] = [
    ['host', inLine(chances.host ?? good.host)],
    ['connection', 'close'],
  ];
  const cookie = good.cookies[chances.cookie];
  if (cookie !== undefined) headers.push(['cookie', chances.cookieBend ? bent(cookie, chances.cookieBend) : cookie]);
  const authorization = good.authorizations[chances.authorization];
  if (authorization !== undefined) {
    const value = chances.authorizationBend ? bent(authorization, chances.authorizationBend) : authorization;
    headers.push(['authorization', value]);
  }
  if (base.form && chances.ours) headers.push(['origin', good.origin], ['sec-fetch-site', 'same-origin']);
  headers.push(...chances.headers);
  if (body !== '') {
    headers.push(['content-type', chances.type ?? FORM]);
    headers.push(['content-length', chances.length ?? String(Buffer.byteLength(body, 'latin1'))]);
  }
  return { method, target, headers: headers.map(([name, value]) => [name, inLine(value, '')]), body };
}

function bentPath(path: string, chance: Bend): string {
  const parts = path.split('/');
  const at = 1 + Math.floor(chance.at * (parts.length - 1));
  parts[at] = bent(parts[at] ?? '', chance);
  return parts.join('/');
}

function encode(members: Record<string, string>, { members: chances }: Plan): string {
  const pairs = Object.entries(members).map(([name, value]) => ({ name, value: encodeURIComponent(value), times: 1 }));
  for (const chance of chances) {
    const pair = pairs[chance.which % Math.max(1, pairs.length)];
    if (!pair) continue;
    if (chance.drop && chance.twice) pair.times = 0;
    else if (chance.twice) pair.times = 2;
    else if (chance.name) pair.name = bent(pair.name, chance.bend);
    else pair.value = bent(pair.value, chance.bend);
  }
  return pairs.flatMap(({ name, value, times }) => Array.from({ length: times }, () => `${name}=${value}`)).join('&');
}

/** A line break would begin another header, and a space end the address: a test of this file, not of the broker. */
const inLine = (text: string, more = ' '): string =>
  [...text].map((char) => (`\r\n\0${more}`.includes(char) ? '+' : char.charCodeAt(0) > 255 ? '?' : char)).join('');
