import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { base64url, exportJWK, SignJWT } from 'jose';
import { openUsersource } from '../registry.js';
import { postOf, replyOf } from '../../test/op-walk.js';
import { memoryOf, toolsFor } from '../../test/tools.js';
import { jwtSettings } from './jwt.settings.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const SECRET = 'canary-shared-secret-0123456789abcdef';
const LOGIN = 'https://www.acme.test/login?lang=en';
const DOOR = 'https://login.acme.test/sso/intranet/jwt';
const PLAIN = { forceFresh: false, silent: false };
type Claims = Record<string, unknown>;

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

const tools = { ...toolsFor('intranet', () => NOW) };
const open = (settings: Record<string, unknown> = {}, more: Partial<typeof tools> = {}) =>
  openUsersource('jwt', { remoteLoginUrl: LOGIN, secret: SECRET, ...settings }, { ...tools, ...more });

const honest = (): Claims => ({
  sub: 'u-1',
  email: 'jane@acme.test',
  name: 'Jane',
  jti: randomUUID(),
  iat: SECONDS,
  exp: SECONDS + 60,
});
const sign = (
  claims: Claims,
  key: Uint8Array | KeyObject = Buffer.from(SECRET),
  header: Claims = {},
): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header }).sign(key);

/** There and back, with whatever token the site makes. */
async function comeIn(token: string, settings: Record<string, unknown> = {}, answer: Record<string, string> = {}) {
  const usersource = open(settings);
  const { carry } = await usersource.begin('t', PLAIN);
  const state = carry['state'] ?? '';
  return usersource.finish(replyOf(new URLSearchParams({ state, jwt: token, ...answer })), carry);
}
const comesIn = async (claims: Claims = honest(), settings: Record<string, unknown> = {}) =>
  comeIn(await sign(claims), settings);

describe('jwt', () => {
  it("sends people to the remote login, keeps that page's own query, and tells it where to send them back", async () => {
    const step = await open().begin('t', PLAIN);
    if (step.go !== 'redirect') throw new Error('not a redirect');
    const state = step.carry['state'] ?? '';
    expect(step.to.href.startsWith(`${LOGIN}&return=`)).toBe(true);
    expect(step.to.searchParams.get('return')).toBe(`${DOOR}?state=${state}`);
    expect(step.to.searchParams.get('state')).toBe(state);
    const silent = await open({ preset: 'zendesk' }).begin('t', { ...PLAIN, silent: true });
    expect(silent.go === 'redirect' && Object.fromEntries(silent.to.searchParams)).toMatchObject({
      passive: '1',
      return_to: expect.stringContaining(DOOR),
    });
  });

  it('says who somebody is, once', async () => {
    const claims: Claims = { ...honest(), groups: ['staff'], department: 'Sales' };
    expect(await comesIn(claims)).toMatchObject({
      usersource: 'intranet',
      subject: 'u-1',
      claims: { email: 'jane@acme.test', emailVerified: true, name: 'Jane', groups: ['staff'] },
      said: { department: 'Sales' },
      once: { key: `jwt ${String(claims['jti'])}`, until: new Date((SECONDS + 120) * 1_000) },
    });
  });

  it('takes the token by GET and by POST, and state wherever sites put it', async () => {
    const usersource = open();
    const { carry } = await usersource.begin('t', PLAIN);
    const state = carry['state'] ?? '';
    const jwt = await sign(honest());
    const ways = [
      replyOf(new URLSearchParams({ jwt, state })),
      postOf(new URLSearchParams({ jwt, state })),
      replyOf(new URLSearchParams({ jwt, return: `${DOOR}?state=${state}` })),
      replyOf(new URLSearchParams(`state=${state}&jwt=${jwt}&state=${state}`)),
    ];
    for (const way of ways) expect(await usersource.finish(way, carry)).toMatchObject({ subject: 'u-1' });
    const two = replyOf(new URLSearchParams(`state=${state}&jwt=${jwt}&state=other`));
    await expect(usersource.finish(two, carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
    const both = replyOf(new URLSearchParams(`state=${state}&jwt=${jwt}&jwt=${jwt}`));
    await expect(usersource.finish(both, carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
  });

  it('hears that nobody is signed in there only when it asked not to show a page', async () => {
    const silent = await open().begin('t', { ...PLAIN, silent: true });
    const back = (carry: typeof silent.carry) => replyOf(new URLSearchParams({ state: carry['state'] ?? '' }));
    await expect(open().finish(back(silent.carry), silent.carry)).rejects.toMatchObject({
      code: 'upstream.login_required',
    });
    const loud = await open().begin('t', PLAIN);
    await expect(open().finish(back(loud.carry), loud.carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
  });

  it.each([
    ['zendesk', { external_id: 7, iat: SECONDS, jti: 'a', name: 'Jane', email: 'jane@acme.test' }, '7'],
    ['deskpro', { id: '7', exp: SECONDS + 60, jti: 'a', name: 'Jane', email: 'jane@acme.test' }, '7'],
    ['desk-agent', { exp: SECONDS + 60, jti: 'a', email: 'Jane@Acme.test' }, 'jane@acme.test'],
  ])('%s: reads what its scripts send', async (preset, claims, subject) => {
    expect(await comesIn(claims, { preset })).toMatchObject({ subject, claims: { email: claims.email } });
    for (const name of ['jti', 'exp', 'iat'].filter((one) => one in claims)) {
      const { [name]: _, ...rest }: Claims = claims;
      await expect(comesIn(rest, { preset })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    }
  });

  it('refuses a deskpro token that lives longer than the settings allow', async () => {
    const token = (exp: number) => comesIn({ id: '7', exp, jti: 'a' }, { preset: 'deskpro' });
    await expect(token(SECONDS + 3_600)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await token(SECONDS + 120)).toMatchObject({ subject: '7' });
  });

  it('takes RS256 and ES256 by a public key, or by a key set that heals a roll-over', async () => {
    for (const [algorithm, pair] of [
      ['ES256', ec],
      ['RS256', rsa],
    ] as const) {
      const settings = { secret: undefined, algorithm, publicKey: pemOf(pair.publicKey) };
      const token = await sign(honest(), pair.privateKey, { alg: algorithm });
      expect(await comeIn(token, settings)).toMatchObject({ subject: 'u-1' });
    }
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    let served = ec;
    let asked = 0;
    const fetch = async (): Promise<Response> => {
      asked += 1;
      return Response.json({ keys: [{ ...(await exportJWK(served.publicKey)), kid: served === ec ? '1' : '2' }] });
    };
    const parties = { issuer: 'https://www.acme.test', audience: 'desk' };
    const jwks = { secret: undefined, algorithm: 'ES256', jwksUrl: 'https://www.acme.test/jwks', ...parties };
    const usersource = open(jwks, { fetch, memory: memoryOf(new Map()) });
    const finish = async (pair: typeof ec, kid: string) => {
      const { carry } = await usersource.begin('t', PLAIN);
      const claims = { ...honest(), iss: parties.issuer, aud: parties.audience };
      const token = await sign(claims, pair.privateKey, { alg: 'ES256', kid });
      return usersource.finish(replyOf(new URLSearchParams({ state: carry['state'] ?? '', jwt: token })), carry);
    };
    expect(await finish(ec, '1')).toMatchObject({ subject: 'u-1' });
    served = next;
    expect(await finish(next, '2')).toMatchObject({ subject: 'u-1' });
    for (let flood = 0; flood < 20; flood += 1) {
      await expect(finish(ec, `invented-${flood}`)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    }
    expect(asked).toBe(2);
  });

  it('goes over the site when somebody leaves, where it has a page for that', async () => {
    const usersource = open({ remoteLogoutUrl: 'https://www.acme.test/logout' });
    const step = await usersource.end?.({ subject: 'u-1', kept: {} }, 's-1');
    expect(step?.go === 'redirect' && step.to.searchParams.get('return')).toBe(
      'https://login.acme.test/sso/intranet/slo?state=s-1',
    );
    expect(await open().end?.({ subject: 'u-1', kept: {} }, 's-1')).toBeUndefined();
    expect(await usersource.ended?.(replyOf(new URLSearchParams({ state: 's-1' })))).toBeUndefined();
  });

  it('tells whether key and page can be used', async () => {
    const up = { fetch: async () => new Response('hello') };
    expect(await open({}, up).probe()).toMatchObject({ state: 'ok' });
    expect(await open().probe()).toMatchObject({ state: 'down' });
    const wrong = { secret: undefined, algorithm: 'RS256', publicKey: pemOf(ec.publicKey) };
    expect(await open(wrong, up).probe()).toMatchObject({ state: 'down', steps: [{ step: 'key', ok: false }, {}] });
  });
});

describe('attacks on jwt', () => {
  const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('JWTSSO-001: refuses alg %p', async (alg) => {
    for (const signature of ['', 'x']) {
      await expect(comeIn(`${encoded({ alg })}.${encoded(honest())}.${signature}`)).rejects.toMatchObject({
        code: expect.stringMatching(/^upstream\.(untrusted|malformed)$/),
      });
    }
    expect(await comesIn()).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-002: refuses an HMAC by the public key, in every text that key has', async () => {
    const settings = { secret: undefined, algorithm: 'RS256', publicKey: pemOf(rsa.publicKey) };
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
    const texts = [settings.publicKey, settings.publicKey.trim(), der, der.toString('base64')];
    for (const key of texts) {
      const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(honest())}`;
      const mac = createHmac('sha256', key).update(input).digest('base64url');
      await expect(comeIn(`${input}.${mac}`, settings)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    }
    expect(await comeIn(await sign(honest(), rsa.privateKey, { alg: 'RS256' }), settings)).toMatchObject({
      subject: 'u-1',
    });
  });

  it('JWTSSO-002: refuses another algorithm of the same key', async () => {
    const settings = { secret: undefined, algorithm: 'RS256', publicKey: pemOf(rsa.publicKey) };
    await expect(comeIn(await sign(honest(), rsa.privateKey, { alg: 'PS256' }), settings)).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    const longer = await sign(honest(), Buffer.from(SECRET.repeat(2)), { alg: 'HS512' });
    await expect(comeIn(longer, { secret: SECRET.repeat(2) })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it.each(['exp', 'iat', 'jti', 'sub'])('JWTSSO-004: refuses a token without %s', async (name) => {
    const { [name]: _, ...rest } = honest();
    await expect(comesIn(rest)).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream\.(untrusted|malformed)$/),
    });
    await expect(comesIn({ ...rest, [name]: null })).rejects.toThrow();
    await expect(comesIn({ ...rest, [name]: '' })).rejects.toThrow();
    expect(await comesIn()).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-005: refuses a token that is old, of the future, or over', async () => {
    const at = (more: Claims) => comesIn({ ...honest(), ...more });
    await expect(at({ iat: SECONDS - 181, exp: SECONDS + 60 })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(at({ iat: SECONDS + 61 })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(at({ exp: SECONDS - 61 })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(at({ nbf: SECONDS + 61 })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await at({ iat: SECONDS - 179, exp: SECONDS + 86_400 })).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-005: forgets a token only when it would be refused anyway', async () => {
    const { once } = await comesIn({ ...honest(), iat: SECONDS - 100, exp: SECONDS + 86_400 });
    expect(once?.until).toEqual(new Date((SECONDS - 100 + 180 + 60) * 1_000));
  });

  it('JWTSSO-007: refuses a token for somebody else, or of somebody else', async () => {
    const parties = { issuer: 'https://www.acme.test', audience: 'desk' };
    const with_ = (more: Claims, settings: Claims = parties) => comesIn({ ...honest(), ...more }, settings);
    await expect(with_({})).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(with_({ iss: parties.issuer })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(with_({ iss: parties.issuer, aud: 'another' })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(with_({ iss: 'https://evil.test', aud: 'desk' })).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    expect(await with_({ iss: parties.issuer, aud: ['another', 'desk'] })).toMatchObject({ subject: 'u-1' });
    // Nothing in the settings: a token that names an audience must still mean us.
    await expect(with_({ aud: 'https://acme.zendesk.test' }, {})).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await with_({ aud: 'https://login.acme.test' }, {})).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-008: sends nobody to an address that is not listed', async () => {
    const settings = { preset: 'zendesk', returnUrls: ['https://help.acme.test/*'] };
    const claims = { external_id: '7', iat: SECONDS, jti: 'a' };
    const to = async (return_to: string) => (await comeIn(await sign(claims), settings, { return_to })).to;
    for (const evil of [
      'https://evil.test/',
      '//evil.test',
      'https://help.acme.test@evil.test/',
      'javascript:alert(1)',
    ]) {
      expect(await to(evil)).toBeUndefined();
    }
    expect(await to('https://help.acme.test/tickets/1')).toBe('https://help.acme.test/tickets/1');
  });

  it('JWTSSO-009: refuses JSON serialisation, a nested token, and an encrypted one', async () => {
    const token = await sign(honest());
    const [header = '', payload = '', signature = ''] = token.split('.');
    const nested = `${encoded({ alg: 'HS256', cty: 'JWT' })}.${base64url.encode(token)}`;
    const mac = createHmac('sha256', SECRET).update(nested).digest('base64url');
    const forms = [
      JSON.stringify({ protected: header, payload, signature }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      `${nested}.${mac}`,
      `${encoded({ alg: 'dir', enc: 'A256GCM' })}..${payload}.${payload}.${payload}`,
      `${encoded({ alg: 'HS256', zip: 'DEF', enc: 'A256GCM' })}.a.b.c.d`,
      `${token}.`,
      ` ${token}`,
    ];
    for (const form of forms) {
      await expect(comeIn(form)).rejects.toMatchObject({ code: expect.stringMatching(/^upstream\./) });
    }
    expect(await comeIn(token)).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-009: refuses headers that change how a token is read', async () => {
    const crit = async (header: Claims) => {
      const input = `${encoded({ alg: 'HS256', ...header })}.${encoded(honest())}`;
      return comeIn(`${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`);
    };
    await expect(crit({ b64: false, crit: ['b64'] })).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream\./),
    });
    await expect(crit({ crit: ['exp'] })).rejects.toMatchObject({ code: expect.stringMatching(/^upstream\./) });
    expect(await crit({})).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-010: refuses an ES256 signature of zeros', async () => {
    const settings = { secret: undefined, algorithm: 'ES256', publicKey: pemOf(ec.publicKey) };
    const token = await sign(honest(), ec.privateKey, { alg: 'ES256' });
    const [header, payload] = token.split('.');
    for (const fill of [0, 255]) {
      const zeros = Buffer.alloc(64, fill).toString('base64url');
      await expect(comeIn(`${header}.${payload}.${zeros}`, settings)).rejects.toMatchObject({
        code: 'upstream.untrusted',
      });
    }
    expect(await comeIn(token, settings)).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-011: knows a token again when its signature is written the other way', async () => {
    const settings = { secret: undefined, algorithm: 'ES256', publicKey: pemOf(ec.publicKey) };
    const token = await sign(honest(), ec.privateKey, { alg: 'ES256' });
    const [header, payload, signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const other = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(other.toString(16).padStart(64, '0'), 'hex')]);
    const twinned = await comeIn(`${header}.${payload}.${twin.toString('base64url')}`, settings);
    expect(twinned.once?.key).toBe((await comeIn(token, settings)).once?.key);
  });

  it('JWTSSO-012: refuses tokens of another kind', async () => {
    for (const typ of ['logout+jwt', 'at+jwt', 'application/at+jwt', 'dpop+jwt', 'secevent+jwt']) {
      await expect(comeIn(await sign(honest(), undefined, { typ }))).rejects.toMatchObject({
        code: 'upstream.untrusted',
      });
    }
    const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    await expect(comesIn({ ...honest(), events: event })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await comeIn(await sign(honest(), undefined, { typ: 'application/jwt' }))).toMatchObject({ subject: 'u-1' });
  });

  it('JWTSSO-015: refuses a token of a megabyte, or of ten thousand nested arrays, at once', async () => {
    const huge = await sign({ ...honest(), x: 'x'.repeat(1_000_000) });
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const payload = base64url.encode(JSON.stringify(honest()).replace('}', `,"x":${deep}}`));
    const started = performance.now();
    await expect(comeIn(huge)).rejects.toMatchObject({ code: 'request.too_large' });
    await expect(comeIn(`${encoded({ alg: 'HS256' })}.${payload}.x`)).rejects.toMatchObject({
      code: 'request.too_large',
    });
    expect(performance.now() - started).toBeLessThan(250);
  });

  it('refuses a token nobody in this browser asked for, unless such are switched on', async () => {
    const token = await sign(honest());
    const unasked = replyOf(new URLSearchParams({ jwt: token }));
    await expect(open().finish(unasked, {})).rejects.toMatchObject({ code: 'transaction.expired' });
    expect(await open({ unsolicited: true }).finish(unasked, {})).toMatchObject({ subject: 'u-1' });
    const { carry } = await open().begin('t', PLAIN);
    await expect(open().finish(unasked, carry)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(comeIn(token, {}, { state: 'another' })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(comeIn(token, { unsolicited: true }, { state: 'another' })).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    expect(await open({ state: 'when_present' }).finish(unasked, carry)).toMatchObject({ subject: 'u-1' });
  });

  it('refuses a signature by another secret', async () => {
    await expect(comeIn(await sign(honest(), Buffer.from(`${SECRET}x`)))).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
  });
});

describe('jwt settings', () => {
  const errors = (settings: Record<string, unknown>) => {
    const parsed = jwtSettings.schema.safeParse({ remoteLoginUrl: LOGIN, secret: SECRET, ...settings });
    return [...new Set(parsed.error?.issues.map((issue) => String(issue.path[0] ?? issue.code)))];
  };
  const publicKey = pemOf(createPublicKey(ec.privateKey.export({ type: 'pkcs8', format: 'pem' })));
  const jwksUrl = 'https://www.acme.test/jwks';

  it.each([
    [{}, []],
    [{ secret: 'x'.repeat(31) }, ['secret']],
    [{ secret: undefined }, ['secret']],
    [{ secret: publicKey }, ['secret']],
    [{ algorithm: 'none' }, ['algorithm']],
    [{ algorithm: 'RS256' }, ['secret', 'publicKey']],
    [{ publicKey }, ['publicKey']],
    [{ secret: undefined, algorithm: 'ES256', publicKey }, []],
    [{ secret: undefined, algorithm: 'ES256', publicKey, jwksUrl }, ['publicKey', 'issuer', 'audience']],
    [{ secret: undefined, algorithm: 'ES256', jwksUrl }, ['issuer', 'audience']],
    [{ secret: undefined, algorithm: 'ES256', jwksUrl, issuer: 'a', audience: 'b' }, []],
    [{ remoteLoginUrl: 'http://www.acme.test/' }, ['remoteLoginUrl']],
    [{ maxLifetimeSec: 86_400 }, ['maxLifetimeSec']],
    [{ returnUrls: ['https://*.acme.test/*'] }, ['returnUrls']],
    [{ sharedKey: 'x' }, ['unrecognized_keys']],
  ])('judges %j', (settings, expected) => {
    expect(errors(settings)).toEqual(expected);
  });

  it('seals its secret, and warns of what weakens it', () => {
    expect(jwtSettings.secrets).toEqual(['secret']);
    expect(jwtSettings.warnings?.({ preset: 'generic', state: 'required' })).toEqual([]);
    expect(jwtSettings.warnings?.({ preset: 'desk-agent', state: 'when_present' })).toHaveLength(2);
    expect(jwtSettings.warnings?.({ preset: 'zendesk', claims: { subject: 'email' } })).toHaveLength(1);
  });
});
