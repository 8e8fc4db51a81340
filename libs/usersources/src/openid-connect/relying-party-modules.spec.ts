import { createHash, createHmac } from 'node:crypto';
import { Raw, startHostileOp, type HostileOp, type Json, type Script, type SigningKey } from '@passbroker/testing';
import { CLIENT_SECRET, postOf, replyOf, walkWith } from '../../test/op-walk.js';

/**
 * Scripted after the relying-party modules of the OpenID Foundation's conformance suite, against a provider of our
 * own that is honest but for the one line of the module's name. Code flow; where a module is about a token that came
 * through the browser, its test shows that none such is ever taken.
 */
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

const half = (text: string): string => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
const without =
  (name: string) =>
  ({ [name]: _, ...rest }: Json): Json =>
    rest;
const signIn = (script: Script = {}, settings: Record<string, unknown> = {}) => {
  op.script = script;
  return walkWith(op, settings).signIn();
};

describe('what a relying party takes', () => {
  it('OIDCCClientTest: a sign-in by the book', async () => {
    expect(await signIn()).toMatchObject({ subject: 'jane', claims: { email: 'jane@acme.test', emailVerified: true } });
  });

  it('OIDCCClientTestClientSecretBasic: credentials in the Authorization header', async () => {
    await signIn();
    const asked = op.heard.findLast(({ path }) => path === '/token');
    expect(asked?.authorization).toMatch(/^Basic /);
    expect(asked?.form.has('client_secret')).toBe(false);
  });

  it('OIDCCClientTestClientSecretPost: credentials in the form', async () => {
    await signIn({}, { clientAuthentication: 'client_secret_post' });
    const asked = op.heard.findLast(({ path }) => path === '/token');
    expect(asked?.authorization).toBeUndefined();
    expect(asked?.form.has('client_secret')).toBe(true);
  });

  it('OIDCCClientTestNonce: a nonce is sent, a new one each time, and comes back', async () => {
    const walk = walkWith(op);
    const nonces = [(await walk.begin()).to, (await walk.begin()).to].map((to) => to.searchParams.get('nonce'));
    expect(new Set(nonces).size).toBe(2);
    expect(nonces.every((nonce) => (nonce ?? '').length >= 22)).toBe(true);
    expect(await walk.signIn()).toMatchObject({ subject: 'jane' });
  });

  it('OIDCCClientTestScope: the scopes of the settings, and openid among them', async () => {
    const { to } = await walkWith(op, { scopes: ['openid', 'email', 'groups'] }).begin();
    expect(to.searchParams.get('scope')).toBe('openid email groups');
    expect(() => walkWith(op, { scopes: ['email'] })).toThrow(
      expect.objectContaining({ code: 'usersource.misconfigured' }),
    );
  });

  it('OIDCCClientTestKidAbsentSingleJwks: no key id, and one key', async () => {
    op.rotate('RS256', { kid: undefined });
    expect(await signIn({ header: without('kid') })).toMatchObject({ subject: 'jane' });
  });

  it('OIDCCClientTestUserinfoBearerHeader: the access token travels in the header alone', async () => {
    await signIn();
    const asked = op.heard.findLast(({ path }) => path === '/userinfo');
    expect(asked?.authorization).toMatch(/^Bearer /);
    expect(asked?.query.size).toBe(0);
  });

  it('OIDCCClientTestSignedUserinfo: a signed answer, checked like any other token', async () => {
    const answer = (more: Json) => ({
      userinfo: async (claims: Json) =>
        new Raw(await op.sign({ ...claims, name: 'Signed', ...more }), 200, { 'content-type': 'application/jwt' }),
    });
    expect(await signIn(answer({ iss: op.issuer, aud: 'broker' }))).toMatchObject({
      claims: { name: 'Jane' },
      said: { name: 'Jane' },
    });
    await expect(signIn(answer({ iss: 'https://evil.test', aud: 'broker' }))).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    await expect(signIn(answer({ iss: op.issuer, aud: 'another' }))).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    const [foreign] = [op.rotate()];
    op.rotate();
    const forged = async (claims: Json) =>
      new Raw(await op.sign({ ...claims, iss: op.issuer, aud: 'broker' }, {}, foreign), 200, {
        'content-type': 'application/jwt',
      });
    await expect(signIn({ userinfo: forged })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('OIDCCClientTestAggregatedClaims: claims of another issuer are nobody’s here', async () => {
    const claims = (all: Json): Json => ({
      ...all,
      _claim_names: { email: 'src1' },
      _claim_sources: { src1: { JWT: 'eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImJvc3NAYWNtZS50ZXN0In0.' } },
    });
    const { claims: told, said } = await signIn({ claims });
    expect(told.email).toBe('jane@acme.test');
    expect(Object.keys(said ?? {})).not.toContain('_claim_sources');
  });

  it('OIDCCClientTestDistributedClaims: and nobody fetches them', async () => {
    const before = op.heard.length;
    const claims = (all: Json): Json => ({
      ...all,
      _claim_names: { department: 'src1' },
      _claim_sources: { src1: { endpoint: `${op.issuer}/elsewhere`, access_token: 'x' } },
    });
    expect((await signIn({ claims })).said).not.toHaveProperty('department');
    expect(op.heard.slice(before).map(({ path }) => path)).not.toContain('/elsewhere');
  });

  it('OIDCCClientTestSigningKeyRotation: a new key beside the old one, announced', async () => {
    const walk = walkWith(op);
    await walk.signIn();
    op.rotate('RS256', { keep: true });
    expect(await walk.signIn()).toMatchObject({ subject: 'jane' });
  });

  it('OIDCCClientTestSigningKeyRotationJustBeforeSigning: a new key instead of the old one, unannounced', async () => {
    const walk = walkWith(op);
    await walk.signIn();
    op.rotate('ES256');
    expect(await walk.signIn()).toMatchObject({ subject: 'jane' });
  });

  it('OIDCCClientTestDiscoveryJwksUriKeys: keys come from the discovered address', async () => {
    const before = op.heard.length;
    await signIn();
    expect(op.heard.slice(before).map(({ path }) => path)).toEqual([
      '/.well-known/openid-configuration',
      '/authorize',
      '/token',
      '/jwks',
      '/userinfo',
    ]);
  });
});

const REFUSED: [module: string, what: string, script: Script | (() => Script), why: string][] = [
  ['InvalidIssuer', 'another issuer', { claims: (all) => ({ ...all, iss: 'https://evil.test' }) }, 'iss'],
  ['MissingIssuer', 'no issuer', { claims: without('iss') }, 'iss'],
  ['InvalidAud', 'another audience', { claims: (all) => ({ ...all, aud: 'another' }) }, 'aud'],
  ['MissingAud', 'no audience', { claims: without('aud') }, 'aud'],
  ['MissingSub', 'no subject', { claims: without('sub') }, 'sub'],
  ['MissingIat', 'no time of issue', { claims: without('iat') }, 'iat'],
  [
    'InvalidAtHash',
    'the hash of another access token',
    { claims: (all) => ({ ...all, at_hash: half('another') }) },
    'at_hash',
  ],
  ['InvalidCHash', 'the hash of another code', { claims: (all) => ({ ...all, c_hash: half('another') }) }, 'c_hash'],
  ['NonceInvalid', 'another nonce', { claims: (all) => ({ ...all, nonce: 'another' }) }, 'nonce'],
  ['NonceMissing', 'no nonce', { claims: without('nonce') }, 'nonce'],
  ['IdTokenSigAlgNone', 'no signature', { idToken: (all) => `${encoded({ alg: 'none' })}.${encoded(all)}.` }, 'alg'],
  [
    'InvalidSignature',
    'a signature of another key',
    () => {
      const foreign = op.rotate();
      op.rotate('RS256', { kid: foreign.kid });
      return { idToken: (all) => op.sign(all, {}, foreign) };
    },
    'signature verification failed',
  ],
  [
    'KidAbsentMultipleJwks',
    'no key id, and several keys it may mean',
    () => {
      op.rotate('RS256', { keep: true });
      return { header: without('kid') };
    },
    'multiple matching keys',
  ],
  [
    'InvalidSubInUserinfo',
    'userinfo about somebody else',
    { userinfo: (all) => ({ ...all, sub: 'john' }) },
    'somebody else',
  ],
  ['MissingSubInUserinfo', 'userinfo about nobody', { userinfo: without('sub') }, 'somebody else'],
  [
    'MissingAtHash',
    'a token that came through the browser, where its hash would be needed',
    { response: (parameters) => parameters.set('id_token', 'eyJhbGciOiJub25lIn0.e30.') },
    'implicit and hybrid',
  ],
  [
    'MissingCHash',
    'an access token that came through the browser',
    { response: (parameters) => parameters.set('token', 'x') },
    'implicit and hybrid',
  ],
  [
    'FormPostError',
    'an error',
    { response: (parameters) => parameters.set('error', 'invalid_scope') },
    'invalid_scope',
  ],
  [
    'ResponseIssuerMissing',
    'no `iss`, though it was promised',
    { response: (parameters) => parameters.delete('iss') },
    'iss',
  ],
  [
    'ResponseIssuerInvalid',
    'the `iss` of another',
    { response: (parameters) => parameters.set('iss', 'https://evil.test') },
    'iss',
  ],
  ['StateInvalid', 'another state', { response: (parameters) => parameters.set('state', 'another') }, 'state'],
  ['StateMissing', 'no state', { response: (parameters) => parameters.delete('state') }, 'state'],
  ['ExpiredExp', 'an expired token', { claims: (all) => ({ ...all, exp: now() - 120 }) }, 'exp'],
  ['MissingExp', 'a token that never expires', { claims: without('exp') }, 'exp'],
  [
    'IatIsWeekInPast',
    'a token of last week',
    { claims: (all) => ({ ...all, iat: now() - 7 * 86_400 }) },
    'issued long ago',
  ],
  [
    'InvalidSecondaryAud',
    'a second audience, and no azp',
    { claims: (all) => ({ ...all, aud: ['broker', 'another'] }) },
    'aud',
  ],
  [
    'DiscoveryIssuerMismatch',
    'a discovery document of another',
    { discovery: (all) => ({ ...all, issuer: 'https://evil.test' }) },
    'discovery document is another',
  ],
];
const now = (): number => Math.floor(Date.now() / 1_000);
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('what a relying party refuses', () => {
  it.each(REFUSED)('OIDCCClientTest%s: %s', async (_module, _what, script, why) => {
    const scripted = typeof script === 'function' ? script() : script;
    await expect(signIn(scripted)).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream\.(untrusted|malformed|refused)$/),
      detail: expect.stringContaining(why),
    });
    // The same provider, the same key, without the one line: else the refusal would show nothing.
    op.keys = keys;
    expect(await signIn()).toMatchObject({ subject: 'jane' });
  });

  it('RefreshTokenInvalidIssuer, RefreshTokenInvalidSub: there is no refresh to be had', async () => {
    const { to } = await walkWith(op).begin();
    expect(to.searchParams.get('scope')).not.toContain('offline_access');
    const assertion = await signIn({ tokens: (body) => ({ ...body, refresh_token: 'canary-refresh-token' }) });
    expect(JSON.stringify(assertion)).not.toContain('canary-refresh-token');
  });
});

/** The plans of RP-initiated, back-channel and front-channel logout, and of logins that a third party begins. */
describe('what a relying party does when somebody leaves', () => {
  const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const LOGOUT = 'OIDCCClientTestBackChannelLogout';
  const about = (more: Json = {}): Json => ({
    ...{ iss: op.issuer, aud: 'broker', iat: now(), exp: now() + 120, jti: 'j', sub: 'jane', sid: 's' },
    events: EVENT,
    ...more,
  });
  const hear = (token: string) => walkWith(op).usersource.ended?.(postOf(new URLSearchParams({ logout_token: token })));
  const signed = (more: Json = {}) => op.sign(JSON.parse(JSON.stringify(about(more))) as Json, { typ: 'logout+jwt' });

  it('OIDCCClientTestRPInitLogout: goes over the end session endpoint with a hint, a state and our address', async () => {
    const walk = walkWith(op);
    const { session, subject } = await walk.signIn();
    const step = await walk.usersource.end?.({ subject, kept: session?.kept ?? {} }, 'state-1');
    const to = step?.go === 'redirect' ? step.to : undefined;
    expect([...(to?.searchParams.keys() ?? [])].sort()).toEqual([
      'client_id',
      'id_token_hint',
      'post_logout_redirect_uri',
      'state',
    ]);
  });

  it.each([
    ['InvalidState', 'another'],
    ['NoState', ''],
  ])('OIDCCClientTestRPInitLogout%s: nothing hangs on what comes back, which names nobody', async (_module, state) => {
    const back = replyOf(new URLSearchParams(state === '' ? {} : { state }));
    expect(await walkWith(op).usersource.ended?.(back)).toBeUndefined();
  });

  it(`${LOGOUT}: hears whose session has ended`, async () => {
    expect(await hear(await signed())).toMatchObject({ subject: 'jane', index: 's' });
  });

  it.each<[string, () => Promise<string> | string]>([
    ['AlgNone', () => `${encoded({ alg: 'none', typ: 'logout+jwt' })}.${encoded(about())}.`],
    ['NoEvent', () => signed({ events: undefined })],
    ['WithNonce', () => signed({ nonce: 'x' })],
    ['WrongAlg', () => macOf({ alg: 'HS256', typ: 'logout+jwt' }, about())],
    ['WrongAud', () => signed({ aud: 'another' })],
    ['WrongEvent', () => signed({ events: { 'http://schemas.openid.net/event/other': {} } })],
    ['WrongIssuer', () => signed({ iss: 'https://evil.test' })],
  ])(`${LOGOUT}%s: refused`, async (_module, token) => {
    await expect(hear(await token())).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await hear(await signed())).toMatchObject({ subject: 'jane' });
  });

  it('OIDCCClientTestFrontChannelLogout: ends the session that is named, where that is switched on', async () => {
    const frame = replyOf(new URLSearchParams({ iss: op.issuer, sid: 's' }));
    expect(await walkWith(op, { frontChannelLogout: true }).usersource.ended?.(frame)).toEqual({ index: 's' });
  });
});

const macOf = (header: Json, claims: Json): string => {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${createHmac('sha256', CLIENT_SECRET).update(input).digest('base64url')}`;
};

/** With a tenant template the library reads no ID token at all: every refusal below is our own. */
describe('what our own check refuses', () => {
  const TENANT = '11111111-2222-3333-4444-555555555555';
  const OTHER = '99999999-2222-3333-4444-555555555555';
  const OID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
  let entra: HostileOp;
  beforeAll(async () => {
    entra = await startHostileOp({ path: '/organizations/v2.0' });
  });
  afterAll(() => entra.close());

  const origin = (): string => new URL(entra.issuer).origin;
  const comeIn = ({ claims, ...script }: Script = {}) => {
    entra.script = {
      discovery: ({ authorization_response_iss_parameter_supported: _, ...all }) => ({
        ...all,
        issuer: `${origin()}/{tenantid}/v2.0`,
      }),
      response: (parameters) => parameters.delete('iss'),
      claims: (all) => {
        const honest = { ...all, iss: `${origin()}/${TENANT}/v2.0`, tid: TENANT, oid: OID };
        return claims?.(honest) ?? honest;
      },
      ...script,
    };
    const settings = { preset: 'entra-id', issuer: undefined, authority: origin(), tenants: [TENANT, OID] };
    return walkWith(entra, settings).signIn();
  };

  it.each(
    REFUSED.filter(([module]) =>
      /^(Invalid(Issuer|Aud|AtHash|CHash|Sec)|Missing(I|Aud|Sub$|Exp)|Nonce|IdToken|Expired|Iat)/.test(module),
    ),
  )('OIDCCClientTest%s: %s', async (_module, _what, script, why) => {
    await expect(comeIn(typeof script === 'function' ? script() : script)).rejects.toMatchObject({
      code: 'upstream.untrusted',
      detail: expect.stringContaining(why),
    });
    expect(await comeIn()).toMatchObject({ subject: `${TENANT}/${OID}` });
  });

  it('refuses a tenant that is not in the settings, and an issuer that is not the tenant’s', async () => {
    const as = (tid: string, iss: string) =>
      comeIn({ claims: (all) => ({ ...all, tid, iss: `${origin()}/${iss}/v2.0` }) });
    await expect(as(OTHER, OTHER)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(as(TENANT, OTHER)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(as('{tenantid}', '{tenantid}')).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await as(OID, OID)).toMatchObject({ subject: `${OID}/${OID}` });
  });

  it('refuses a key that signs for another tenant', async () => {
    const keysOf = (tid: string): Script => ({
      jwks: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, issuer: `${origin()}/${tid}/v2.0` })) }),
    });
    await expect(comeIn(keysOf(OTHER))).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await comeIn(keysOf(TENANT))).toMatchObject({ claims: { email: 'jane@acme.test' } });
    expect(await comeIn(keysOf('{tenantid}'))).toMatchObject({ claims: { email: 'jane@acme.test' } });
  });
});
