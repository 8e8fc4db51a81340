import { createHmac } from 'node:crypto';
import { CompactEncrypt, exportJWK, exportSPKI, importSPKI, base64url } from 'jose';
import { createSafeFetch } from '@passbroker/platform';
import { Raw, startHostileOp, type HostileOp, type Json, type Script, type SigningKey } from '@passbroker/testing';
import { memoryOf } from '../../test/tools.js';
import { CLIENT_SECRET, postOf, walkWith } from '../../test/op-walk.js';
import { NO_ALGORITHMS, wrongClaims } from '../../test/wrong-tokens.js';

let op: HostileOp;
let keys: SigningKey[];
beforeAll(async () => {
  op = await startHostileOp();
  keys = op.keys;
});
afterAll(() => op.close());
beforeEach(() => {
  op.script = {};
  op.error = undefined;
  op.session = undefined;
  op.keys = keys;
});
/** Positive control of each test: the same provider without the attack signs in. */
afterEach(async () => {
  op.script = {};
  op.keys = keys;
  expect(await walkWith(op).signIn()).toMatchObject({ subject: 'jane' });
});

const seconds = (): number => Math.floor(Date.now() / 1_000);
const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));
const signIn = (script: Script, settings: Record<string, unknown> = {}) => {
  op.script = script;
  return walkWith(op, settings).signIn();
};
const claims = (more: Json): Script => ({ claims: (all) => ({ ...all, ...more }) });
const UNTRUSTED = { code: 'upstream.untrusted' };
const EITHER = { code: expect.stringMatching(/^upstream\.(untrusted|malformed)$/) };

describe('attacks by way of the browser', () => {
  it('OIDC-RP-002: an answer is taken once, and only by whoever set out', async () => {
    const walk = walkWith(op);
    const { to, carry } = await walk.begin();
    const { parameters } = await op.answer(to);
    await expect(walk.finish(parameters, {})).rejects.toMatchObject({ code: 'transaction.expired' });
    expect(await walk.finish(parameters, carry)).toMatchObject({ subject: 'jane' });
    await expect(walk.finish(parameters, carry)).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('OIDC-RP-003: refuses a code of the attacker’s own sign-in', async () => {
    const walk = walkWith(op);
    const attacker = await walk.begin();
    const victim = await walk.begin();
    const { parameters } = await op.answer(attacker.to);
    await expect(walk.finish(parameters, victim.carry)).rejects.toMatchObject(UNTRUSTED);
    parameters.set('state', victim.carry['state'] ?? '');
    await expect(walk.finish(parameters, victim.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('OIDC-RP-003: and where the verifier is the attacker’s too, by the nonce', async () => {
    const walk = walkWith(op);
    const attacker = await walk.begin();
    const victim = await walk.begin();
    const { parameters } = await op.answer(attacker.to);
    parameters.set('state', victim.carry['state'] ?? '');
    // A verifier of the attacker's: only the nonce still tells the two apart.
    const mixed = { ...victim.carry, verifier: attacker.carry['verifier'] ?? '' };
    await expect(walk.finish(parameters, mixed)).rejects.toMatchObject({
      ...UNTRUSTED,
      detail: expect.stringContaining('nonce'),
    });
  });

  it('refuses a parameter that is there twice', async () => {
    const walk = walkWith(op);
    const { to, carry } = await walk.begin();
    const { parameters } = await op.answer(to);
    for (const name of ['code', 'state', 'iss']) {
      const twice = new URLSearchParams(parameters);
      twice.append(name, parameters.get(name) ?? '');
      await expect(walk.finish(twice, carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
    }
    expect(await walk.finish(parameters, carry)).toMatchObject({ subject: 'jane' });
  });

  it('OIDC-RP-017, OIDC-RP-018: refuses the answer of another connection', async () => {
    const evil = await startHostileOp();
    const honest = walkWith(op);
    const other = walkWith(evil);
    const [a, b] = [await honest.begin(), await other.begin()];
    const atHonest = await op.answer(a.to);
    const tokensAsked = evil.heard.length;
    // The code of the honest provider, brought to the evil one's callback: it must never get there.
    await expect(other.finish(atHonest.parameters, b.carry)).rejects.toMatchObject(UNTRUSTED);
    await expect(other.finish(atHonest.parameters, a.carry)).rejects.toMatchObject(UNTRUSTED);
    expect(evil.heard.slice(tokensAsked).map(({ path }) => path)).not.toContain('/token');
    await evil.close();
  });

  it('OIDC-RP-020: takes no token from a request, whoever it was made for', async () => {
    const walk = walkWith(op);
    const { carry } = await walk.begin();
    const token = await op.sign({
      iss: op.issuer,
      aud: 'broker',
      sub: 'boss',
      nonce: carry['nonce'],
      iat: seconds(),
      exp: seconds() + 60,
    });
    const injections: Record<string, string>[] = [
      { id_token: token },
      { access_token: 'x' },
      { id_token: token, code: 'x' },
      { token: 'x' },
    ];
    for (const inject of injections) {
      const parameters = new URLSearchParams({ state: carry['state'] ?? '', iss: op.issuer, ...inject });
      await expect(walk.finish(parameters, carry)).rejects.toMatchObject({ name: 'Refusal' });
      await expect(walk.usersource.finish(postOf(parameters), carry)).rejects.toMatchObject({ name: 'Refusal' });
    }
    await expect(signIn(claims({ aud: 'the attacker’s own client' }))).rejects.toMatchObject(UNTRUSTED);
  });

  it('OIDC-RP-030: refuses an answer without the `iss` that was promised, and takes one where none was', async () => {
    const response = (parameters: URLSearchParams) => parameters.delete('iss');
    await expect(signIn({ response })).rejects.toMatchObject(UNTRUSTED);
    const discovery = ({ authorization_response_iss_parameter_supported: _, ...all }: Json): Json => all;
    expect(await signIn({ response, discovery })).toMatchObject({ subject: 'jane' });
    const wrong = (parameters: URLSearchParams) => parameters.set('iss', 'https://evil.test');
    await expect(signIn({ response: wrong, discovery })).rejects.toMatchObject(UNTRUSTED);
  });
});

describe('attacks by a token', () => {
  async function refusesAll(id: string): Promise<void> {
    const wrong = wrongClaims(op.issuer, seconds())[id] ?? [];
    expect(wrong).not.toEqual([]);
    for (const more of wrong) await expect(signIn(claims(more))).rejects.toMatchObject(EITHER);
  }

  it('OIDC-RP-003: refuses a nonce that is missing or another', () => refusesAll('OIDC-RP-003'));

  it.each(NO_ALGORITHMS)('OIDC-RP-004: refuses alg %p', async (alg) => {
    for (const signature of ['', 'x']) {
      await expect(
        signIn({ idToken: (all) => `${encoded({ alg })}.${encoded(all)}.${signature}` }),
      ).rejects.toMatchObject(EITHER);
    }
  });

  it('OIDC-RP-004: refuses none even where discovery offers nothing else', async () => {
    const discovery = (all: Json): Json => ({ ...all, id_token_signing_alg_values_supported: ['none'] });
    const idToken = (all: Json): string => `${encoded({ alg: 'none' })}.${encoded(all)}.`;
    await expect(signIn({ discovery, idToken })).rejects.toMatchObject(EITHER);
  });

  it('OIDC-RP-005: refuses an HMAC by the public key, in every text that key has', async () => {
    const key = op.keys[0];
    if (!key) throw new Error('no key');
    const texts = [
      key.publicKey.export({ type: 'spki', format: 'pem' }),
      key.publicKey.export({ type: 'pkcs1', format: 'pem' }),
      key.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(await exportJWK(key.publicKey)),
      CLIENT_SECRET,
    ];
    for (const text of texts) {
      const idToken = (all: Json): string => {
        const input = `${encoded({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${encoded(all)}`;
        return `${input}.${createHmac('sha256', text).update(input).digest('base64url')}`;
      };
      await expect(signIn({ idToken })).rejects.toMatchObject(UNTRUSTED);
    }
  });

  it('OIDC-RP-005: takes HS256 only from a connection whose settings say HS256 and nothing else', async () => {
    const idToken = (all: Json): string => {
      const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(all)}`;
      return `${input}.${createHmac('sha256', CLIENT_SECRET).update(input).digest('base64url')}`;
    };
    expect(await signIn({ idToken }, { algorithms: ['HS256'] })).toMatchObject({ subject: 'jane' });
    await expect(signIn({}, { algorithms: ['HS256'] })).rejects.toMatchObject(UNTRUSTED);
    await expect(signIn({}, { algorithms: ['ES256'] })).rejects.toMatchObject(UNTRUSTED);
  });

  it('OIDC-RP-006: looks at no key that a token brings along, and asks no address it names', async () => {
    const own = op.rotate('ES256');
    op.rotate();
    const jwk = await exportJWK(own.publicKey);
    const before = op.heard.length;
    const headers: Json[] = [
      { jwk },
      { jku: `${op.issuer}/evil-keys` },
      { x5u: `${op.issuer}/evil-certificate` },
      { x5c: [Buffer.from(await exportSPKI(await importSPKI(pem(own.publicKey), 'ES256'))).toString('base64')] },
      { kid: `${op.issuer}/evil-keys` },
      { kid: '../../../../dev/null' },
    ];
    for (const header of headers) {
      await expect(signIn({ idToken: (all) => op.sign(all, { alg: 'ES256', ...header }, own) })).rejects.toMatchObject(
        UNTRUSTED,
      );
    }
    expect(op.heard.slice(before).filter(({ path }) => path.startsWith('/evil'))).toEqual([]);
  });

  it('OIDC-RP-008: refuses a token without a key id where several keys may be meant', async () => {
    op.rotate('RS256', { keep: true });
    op.rotate('RS256', { keep: true });
    await expect(signIn({ header: ({ kid: _, ...rest }) => rest })).rejects.toMatchObject(UNTRUSTED);
  });

  it('OIDC-RP-009: refuses headers that change how a token is read, and tokens that unpack', async () => {
    const jwk = op.keys[0];
    if (!jwk) throw new Error('no key');
    for (const header of [
      { crit: ['exp'], exp: 1 },
      { crit: ['b64'], b64: false },
      { crit: ['x'], x: 1 },
      { crit: [] },
    ]) {
      const idToken = (all: Json) => `${encoded({ alg: 'RS256', kid: jwk.kid, ...header })}.${encoded(all)}.AAAA`;
      await expect(signIn({ idToken })).rejects.toMatchObject(EITHER);
    }
    const bomb = await new CompactEncrypt(Buffer.from(JSON.stringify({ sub: 'x'.repeat(200_000) })))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(jwk.publicKey);
    await expect(signIn({ idToken: () => bomb })).rejects.toMatchObject({ name: 'Refusal' });
    await expect(
      signIn({ idToken: () => `${encoded({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..a.b.c` }),
    ).rejects.toMatchObject({ name: 'Refusal' });
  });

  it('OIDC-RP-010: refuses every issuer but the one', async () => {
    await refusesAll('OIDC-RP-010');
  });

  it('OIDC-RP-011: refuses other audiences, and company whose azp is not ours', async () => {
    await refusesAll('OIDC-RP-011');
    expect(await signIn(claims({ aud: ['broker', 'another'], azp: 'broker' }))).toMatchObject({ subject: 'jane' });
  });

  it('OIDC-RP-012: refuses tokens that are over, never over, old, or of the future', async () => {
    const at = seconds();
    await refusesAll('OIDC-RP-012');
    expect(await signIn(claims({ iat: at - 30, exp: at + 30, nbf: at }))).toMatchObject({ subject: 'jane' });
  });

  it('OIDC-RP-013: refuses a subject that is missing, empty, no text, or longer than any', async () => {
    await refusesAll('OIDC-RP-013');
    op.person.sub = 'x'.repeat(255);
    expect(await signIn({})).toMatchObject({ subject: 'x'.repeat(255) });
    op.person.sub = 'jane';
  });

  it('OIDC-RP-014: refuses userinfo about somebody else', async () => {
    for (const sub of ['john', 'Jane', undefined, null, ['jane']]) {
      await expect(signIn({ userinfo: (all) => ({ ...all, sub }) })).rejects.toMatchObject(UNTRUSTED);
    }
    const more = await signIn({ userinfo: (all) => ({ ...all, department: 'Sales', email: 'other@acme.test' }) });
    // What is signed outweighs what is not.
    expect(more).toMatchObject({ said: { department: 'Sales' }, claims: { email: 'jane@acme.test' } });
  });

  it('OIDC-RP-015: refuses hashes of another code or access token', async () => {
    await refusesAll('OIDC-RP-015');
    // In the code flow both are optional (Core 3.1.3.6).
    expect(await signIn({ claims: ({ at_hash: _, ...all }) => all })).toMatchObject({ subject: 'jane' });
  });

  it('OIDC-RP-031: refuses a sign-in that is weaker or older than was asked for', async () => {
    const settings = { acrValues: ['urn:mfa'] };
    for (const acr of ['urn:password', '', undefined, ['urn:mfa']]) {
      await expect(signIn(claims({ acr }), settings)).rejects.toMatchObject({ code: 'upstream.refused' });
    }
    expect(await signIn(claims({ acr: 'urn:mfa' }), settings)).toMatchObject({ acr: 'urn:mfa' });
    await expect(signIn(claims({ auth_time: seconds() + 3_600 }))).rejects.toMatchObject(UNTRUSTED);
    await expect(signIn(claims({ auth_time: 'now' }))).rejects.toMatchObject(EITHER);
  });

  it('refuses a logout token in place of an ID token', async () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    await expect(signIn(claims({ events }))).rejects.toMatchObject(UNTRUSTED);
    await expect(signIn({ header: (usual) => ({ ...usual, typ: 'logout+jwt' }) })).rejects.toMatchObject(UNTRUSTED);
    await expect(signIn({ header: (usual) => ({ ...usual, typ: 'at+jwt' }) })).rejects.toMatchObject(UNTRUSTED);
  });
});

describe('attacks by a provider', () => {
  it('OIDC-RP-016: refuses the discovery document of another issuer', async () => {
    for (const issuer of ['https://evil.test', `${op.issuer}/`, undefined, null]) {
      await expect(signIn({ discovery: (all) => ({ ...all, issuer }) })).rejects.toMatchObject(EITHER);
    }
  });

  it('OIDC-RP-029: sends its secret to no host that the admin has not named', async () => {
    const elsewhere = await startHostileOp();
    const host = new URL(elsewhere.issuer).host;
    for (const name of [
      'token_endpoint',
      'jwks_uri',
      'userinfo_endpoint',
      'pushed_authorization_request_endpoint',
      'authorization_endpoint',
      'end_session_endpoint',
    ]) {
      const discovery = (all: Json): Json => ({ ...all, [name]: `${elsewhere.issuer}/steal` });
      await expect(signIn({ discovery })).rejects.toMatchObject({
        ...UNTRUSTED,
        detail: expect.stringContaining(host),
      });
    }
    expect(elsewhere.heard).toEqual([]);
    const discovery = (all: Json): Json => ({ ...all, end_session_endpoint: `${elsewhere.issuer}/end` });
    expect(await signIn({ discovery }, { endpointHosts: [host] })).toMatchObject({ subject: 'jane' });
    await elsewhere.close();
  });

  it('OIDC-RP-029: notices when discovery changes its mind, and stays on guard', async () => {
    const kept = memoryOf(new Map());
    let now = Date.now();
    const walk = walkWith(op, {}, { memory: { ...kept, oncePer: async () => true }, now: () => new Date(now) });
    await walk.signIn();
    op.script.discovery = (all) => ({ ...all, token_endpoint: 'https://evil.test/token' });
    now += 2 * 3_600_000;
    await expect(walk.begin()).rejects.toMatchObject(UNTRUSTED);
    await expect(walk.begin()).rejects.toMatchObject(UNTRUSTED);
    op.script = {};
    expect(await walk.begin()).toHaveProperty('to');
  });

  it('OIDC-RP-023: follows no redirect of the token endpoint', async () => {
    const elsewhere = await startHostileOp();
    for (const status of [301, 302, 303, 307, 308]) {
      const tokens = () => new Raw('', status, { location: `${elsewhere.issuer}/steal` });
      await expect(signIn({ tokens })).rejects.toMatchObject({ name: 'Refusal' });
    }
    expect(elsewhere.heard).toEqual([]);
    await elsewhere.close();
  });

  it('OIDC-RP-023: reads no more than a megabyte, and waits no longer than its time-out', async () => {
    const huge = () => new Raw(`{"x":"${'x'.repeat(3_000_000)}"}`);
    await expect(signIn({ tokens: huge })).rejects.toMatchObject({ code: 'usersource.unreachable' });
    const slow = () => new Promise<Raw>((resolve) => setTimeout(() => resolve(new Raw('{}')), 3_000).unref());
    const started = performance.now();
    await expect(signIn({ tokens: slow })).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(performance.now() - started).toBeLessThan(2_900);
  });

  it.each([
    ['nothing', new Raw('')],
    ['a page', new Raw('<html>', 200, { 'content-type': 'text/html' })],
    ['half of it', new Raw('{"access_token":')],
    ['a list', new Raw('[]')],
    ['a number', new Raw('1')],
    ['an outage', new Raw('down', 503, { 'content-type': 'text/plain' })],
    ['tokens of no type', new Raw('{"access_token":"x"}')],
    ['an ID token that is a number', new Raw('{"access_token":"x","token_type":"Bearer","id_token":1}')],
  ])('OIDC-RP-023: refuses %s as tokens, without a crash', async (_what, raw) => {
    await expect(signIn({ tokens: () => raw })).rejects.toMatchObject({ name: 'Refusal' });
  });

  it('OIDC-RP-024: asks for keys once a minute at most, however many key ids are invented', async () => {
    const memory = memoryOf(new Map());
    const walk = walkWith(op, { userinfo: false }, { memory });
    const replica = walkWith(op, { userinfo: false }, { memory });
    await walk.signIn();
    const asked = () => op.heard.filter(({ path }) => path === '/jwks').length;
    const before = asked();
    op.script.header = (usual) => ({ ...usual, kid: `invented-${Math.random()}` });
    for (let flood = 0; flood < 25; flood += 1) {
      await expect((flood % 2 ? walk : replica).signIn()).rejects.toMatchObject(UNTRUSTED);
    }
    expect(asked() - before).toBeLessThanOrEqual(1);
  });

  it('OIDC-RP-025: refuses key sets that cost more than they can be worth', async () => {
    const started = performance.now();
    for (const [length, code] of [
      [10_000, 'usersource.unreachable'],
      [101, 'upstream.malformed'],
    ] as const) {
      const many = ({ keys: [key] }: { keys: unknown[] }) => ({ keys: Array.from({ length }, () => key) });
      await expect(signIn({ jwks: many })).rejects.toMatchObject({ code });
    }
    const giant = Buffer.alloc(2_048, 0xff).toString('base64url');
    const large = { jwks: ({ keys }: { keys: object[] }) => ({ keys: keys.map((key) => ({ ...key, n: giant })) }) };
    await expect(signIn(large)).rejects.toMatchObject(EITHER);
    const tiny = { jwks: ({ keys }: { keys: object[] }) => ({ keys: keys.map((key) => ({ ...key, n: 'AQAB' })) }) };
    await expect(signIn(tiny)).rejects.toMatchObject(EITHER);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('takes no symmetric key from a key set', async () => {
    const k = base64url.encode('a key that everybody can read, as public as can be');
    const idToken = (all: Json): string => {
      const input = `${encoded({ alg: 'HS256', typ: 'JWT', kid: 'oct' })}.${encoded(all)}`;
      return `${input}.${createHmac('sha256', base64url.decode(k)).update(input).digest('base64url')}`;
    };
    await expect(
      signIn({ idToken, jwks: ({ keys }) => ({ keys: [...keys, { kty: 'oct', k, kid: 'oct', alg: 'HS256' }] }) }),
    ).rejects.toMatchObject(UNTRUSTED);
  });
});

describe('requests that somebody else would like us to make', () => {
  /** As in production, where nobody has allowed private networks. */
  const strict = () => createSafeFetch({ allowPrivate: false, timeoutMs: 500 });
  const PRIVATE = [
    ...['https://127.0.0.1', 'https://127.1', 'https://2130706433', 'https://0x7f000001', 'https://017700000001'],
    ...['https://0.0.0.0', 'https://localhost', 'https://[::1]', 'https://[::]', 'https://[::ffff:127.0.0.1]'],
    ...['https://[::ffff:7f00:1]', 'https://[64:ff9b::7f00:1]', 'https://[fe80::1]', 'https://[fc00::1]'],
    ...[
      'https://10.0.0.1',
      'https://172.16.0.1',
      'https://172.31.255.255',
      'https://192.168.0.1',
      'https://100.64.0.1',
    ],
    ...['https://169.254.169.254', 'https://[::ffff:169.254.169.254]', 'https://198.18.0.1', 'https://224.0.0.1'],
    ...[
      'https://255.255.255.255',
      'https://[2002:7f00:1::]',
      'https://127.0.0.1:6379',
      'https://127.0.0.1.',
      'https://[::1]:22',
    ],
  ];

  it.each(PRIVATE)('SSRF-001: asks nothing of %s', async (issuer) => {
    const walk = walkWith(op, { issuer }, { fetch: strict() });
    await expect(walk.begin()).rejects.toMatchObject({ name: 'Refusal', code: expect.stringMatching(/^usersource\./) });
    const health = await walk.usersource.probe();
    expect(health.steps[0]).toMatchObject({ step: 'discovery', ok: false });
  });

  it('SSRF-001: asks no private address that a discovery document names', async () => {
    const before = op.heard.length;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const address = new Request(input, init).url;
      if (!address.startsWith('https://op.test/')) return strict()(input, init);
      return Response.json({
        issuer: 'https://op.test',
        authorization_endpoint: `${op.issuer}/authorize`,
        token_endpoint: `${op.issuer}/token`,
        jwks_uri: `${op.issuer}/jwks`,
      });
    };
    const walk = walkWith(op, { issuer: 'https://op.test', endpointHosts: [new URL(op.issuer).host] }, { fetch });
    await expect(walk.begin()).rejects.toMatchObject(UNTRUSTED);
    expect(op.heard.length).toBe(before);
  });

  it('SSRF-002: follows no redirect, to nowhere', async () => {
    const elsewhere = await startHostileOp();
    for (const path of ['/.well-known/openid-configuration', '/jwks', '/userinfo', '/token']) {
      const away = new Raw('', 302, { location: `${elsewhere.issuer}${path}` });
      await expect(signIn({ anything: (heard) => (heard.path === path ? away : undefined) })).rejects.toMatchObject({
        name: 'Refusal',
      });
    }
    expect(elsewhere.heard).toEqual([]);
    await elsewhere.close();
  });

  it('SSRF-003: speaks with the address that was judged, whatever the name means a moment later', async () => {
    // Nobody is at the first one, and everybody's own machine is behind both: nothing leaves it.
    const answers = [[{ address: '127.0.0.2', family: 4 }], [{ address: '127.0.0.1', family: 4 }]];
    let asked = 0;
    const lookup = async () => answers[Math.min(asked++, 1)] ?? [];
    const port = new URL(op.issuer).port;
    const before = op.heard.length;
    const open = createSafeFetch({ allowPrivate: true, lookup });
    await expect(open(`http://rebinding.test:${port}/`)).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(asked).toBe(1);
    const fetch = createSafeFetch({ allowPrivate: false, timeoutMs: 300, lookup });
    await expect(fetch(`http://rebinding.test:${port}/`)).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    expect(op.heard.length).toBe(before);
    expect((await open(`http://rebinding.test:${port}/`)).status).toBe(404);
  });

  it('SSRF-005: refuses credentials and other protocols in an address', async () => {
    for (const address of [
      'https://u:p@op.test',
      'ftp://op.test',
      'file:///etc/passwd',
      'gopher://op.test',
      'redis://op.test',
    ]) {
      expect(() => walkWith(op, { issuer: address })).toThrow(
        expect.objectContaining({ code: 'usersource.misconfigured' }),
      );
      const discovery = (all: Json): Json => ({ ...all, token_endpoint: address });
      await expect(signIn({ discovery })).rejects.toMatchObject(UNTRUSTED);
    }
    await expect(strict()('https://u:p@op.test/')).rejects.toThrow();
  });

  it('SSRF-006: smuggles no lines to another protocol', async () => {
    for (const address of [
      'https://op.test/%0d%0aSET%20x%201',
      'https://op.test:6379/\r\nSET x 1',
      'https://op.test\r\n:6379/',
    ]) {
      const seen: string[] = [];
      const fetch: typeof globalThis.fetch = async (input) => {
        seen.push(new Request(input).url);
        return new Response('', { status: 404 });
      };
      try {
        await walkWith(op, { issuer: address }, { fetch }).begin();
      } catch (error) {
        expect(error).toMatchObject({ name: 'Refusal' });
      }
      expect(seen.join()).not.toMatch(/[\r\n]/);
    }
  });

  it('SSRF-007: tells nobody what an inner page says', async () => {
    const body = 'canary-inner-page';
    for (const path of ['/.well-known/openid-configuration', '/jwks', '/token', '/userinfo']) {
      for (const raw of [
        new Raw(body),
        new Raw(body, 500),
        new Raw(`{"${body}":1}`),
        new Raw(`{"error":1,"x":"${body}"}`, 400),
      ]) {
        op.script = { anything: (heard) => (heard.path === path ? raw : undefined) };
        const told = await walkWith(op)
          .signIn()
          .then(() => '', String);
        expect(told).toContain('Refusal');
        expect(told).not.toContain(body);
        expect(JSON.stringify(await walkWith(op).usersource.probe())).not.toContain(body);
      }
    }
  });
});

const pem = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();
