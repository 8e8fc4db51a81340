import { createHmac } from 'node:crypto';
import { base64url, CompactEncrypt, exportJWK } from 'jose';
import { Raw, startHostileOp, type HostileOp, type Json, type Script } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { heard, seconds, Upstreams, type Arrival } from './world/upstreams.js';

const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));
const UNTRUSTED = ['upstream.untrusted'];
const EITHER = ['upstream.untrusted', 'upstream.malformed'];

/** Each provider of these is asked afresh: what one attack left in memory would cover the next one up. */
const FRESH = ['issuer', 'jwks-huge', 'jwks-many', 'jwks-giant', 'flood', 'redirect', 'large', 'moved', 'keyless'];

describe('attacks on OpenID sign-ins, over two gateways', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let evil: HostileOp;
  let keys: HostileOp['keys'];

  beforeAll(async () => {
    broker = await startBroker();
    [op, evil] = [await startHostileOp(), await startHostileOp()];
    keys = op.keys;
    upstreams = await Upstreams.of(broker);
    await upstreams.oidc('op', op.issuer);
    await upstreams.oidc('evil', evil.issuer);
    await upstreams.oidc('mfa', op.issuer, { acrValues: ['urn:mfa'] });
    await upstreams.oidc('framed', op.issuer, { frontChannelLogout: true }, { slo: true });
    for (const slug of FRESH) await upstreams.oidc(slug, op.issuer);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await evil?.close();
    await broker?.close();
  });
  beforeEach(() => {
    for (const one of [op, evil]) one.script = {};
    op.keys = keys;
    stage('op', {});
    evil.person = { sub: 'jane', email: 'jane@evil.test', email_verified: true, name: 'Jane of evil' };
  });

  /** Somebody else at each, for whom an account is made there. */
  const stage = (slug: string, script: Script): void => {
    op.script = script;
    op.person = { sub: 'jane', email: `${slug}@acme.test`, email_verified: true, name: 'Jane' };
  };
  const scripted = async (script: Script, slug = 'op'): Promise<Arrival> => {
    stage(slug, script);
    return upstreams.setOut(slug);
  };
  const honest = async (slug = 'op', script: Script = {}) => {
    stage(slug, script);
    expect(await upstreams.admitted(slug)).toMatchObject({ name: 'Jane' });
  };
  const refuses = (script: Script, codes: string[], slug = 'op', unspoilt: Script = {}) =>
    upstreams.refuses(
      () => scripted(script, slug),
      codes,
      () => honest(slug, unspoilt),
    );
  const theKey = () => {
    const [key] = op.keys;
    if (!key) throw new Error('the provider has no key');
    return key;
  };

  it('OIDC-RP-005: refuses an HMAC by the public key', async () => {
    const pem = theKey().publicKey.export({ type: 'spki', format: 'pem' });
    const idToken = (all: Json): string => {
      const input = `${encoded({ alg: 'HS256', typ: 'JWT', kid: theKey().kid })}.${encoded(all)}`;
      return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    };
    await refuses({ idToken }, UNTRUSTED);
  }, 30_000);

  it.each(['jwk', 'jku', 'x5u', 'kid'])(
    'OIDC-RP-006: refuses a key that the header names by %s',
    async (name) => {
      const [own] = evil.keys;
      if (!own) throw new Error('the evil provider has no key');
      const value = name === 'jwk' ? await exportJWK(own.publicKey) : `${evil.issuer}/jwks`;
      const before = evil.heard.length;
      await refuses({ idToken: (all) => op.sign(all, { [name]: value }, own) }, UNTRUSTED);
      expect(evil.heard.length).toBe(before);
    },
    30_000,
  );

  it('OIDC-RP-008: refuses a token without a key id where several keys may be meant', async () => {
    op.rotate('RS256', { keep: true });
    await refuses({ header: ({ kid: _, ...rest }) => rest }, UNTRUSTED, 'keyless');
  }, 30_000);

  it.each<[string, (all: Json) => Promise<string>]>([
    ['an unencoded payload', (all) => signedWith({ crit: ['b64'], b64: false }, all)],
    ['an unknown crit', (all) => signedWith({ crit: ['x'], x: 1 }, all)],
    [
      'a token that unpacks',
      async () =>
        new CompactEncrypt(Buffer.from(JSON.stringify({ sub: 'x'.repeat(200_000) })))
          .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
          .encrypt(theKey().publicKey),
    ],
  ])('OIDC-RP-009: refuses %s', (_what, idToken) => refuses({ idToken }, EITHER), 30_000);
  const signedWith = async (header: Json, all: Json): Promise<string> => {
    const token = await op.sign(all);
    const [, , signature = ''] = token.split('.');
    return `${encoded({ alg: theKey().alg, kid: theKey().kid, ...header })}.${encoded(all)}.${signature}`;
  };

  it(
    'OIDC-RP-014: refuses userinfo about somebody else',
    () => refuses({ userinfo: (all) => ({ ...all, sub: 'john' }) }, UNTRUSTED),
    30_000,
  );

  it(
    'OIDC-RP-016: refuses the discovery document of another issuer',
    () => refuses({ discovery: (all) => ({ ...all, issuer: 'https://evil.test' }) }, EITHER, 'issuer'),
    30_000,
  );

  it('OIDC-RP-017: sends no code of an honest provider to the token endpoint of an evil one', async () => {
    const asked = () => evil.heard.filter(({ path }) => path === '/token').length;
    const before = asked();
    await upstreams.refuses(
      async () => {
        // The evil provider sends the victim on to the honest one, whose answer then comes to the evil one's door.
        const isDoor = (url: URL): boolean => url.pathname === '/sso/op/callback';
        const { last, browser, asked: question } = await upstreams.setOut('op', undefined, isDoor);
        const evilStart = await upstreams.setOut('evil', browser, (url) => url.pathname === '/sso/evil/callback');
        const mixed = new URL(evilStart.last.location ?? '');
        mixed.searchParams.set('code', last.location?.searchParams.get('code') ?? '');
        mixed.searchParams.set('iss', last.location?.searchParams.get('iss') ?? '');
        return { browser, asked: question, last: await browser.visit(mixed) };
      },
      UNTRUSTED,
      () => honest(),
    );
    expect(asked()).toBe(before);
  }, 30_000);

  it('OIDC-RP-019: refuses the answer to one brand at the host of another', async () => {
    const host = `second.localhost:${new URL(broker.origin).port}`;
    await broker.api('POST', '/v1/brands', { slug: 'second', name: 'Second', hosts: [host] });
    await upstreams.oidc('twin', op.issuer, {}, { brand: 'second' });
    await heard();
    const isDoor = (url: URL): boolean => url.pathname === '/sso/op/callback';
    const stray = async (slug: string): Promise<Arrival> => {
      const arrival = await upstreams.setOut('op', undefined, isDoor);
      const elsewhere = new URL(arrival.last.location ?? '');
      elsewhere.host = host;
      elsewhere.pathname = `/sso/${slug}/callback`;
      return { ...arrival, last: await arrival.browser.get(elsewhere) };
    };
    for (const [slug, code] of [
      ['op', 'usersource.unknown'],
      ['twin', 'transaction.expired'],
    ] as const) {
      await upstreams.refuses(
        () => stray(slug),
        [code],
        () => honest(),
      );
    }
  }, 30_000);

  it('OIDC-RP-020: takes no token from the address, whoever it was made for', async () => {
    const token = await op.sign({ iss: op.issuer, aud: 'broker', sub: 'boss', iat: seconds(), exp: seconds() + 60 });
    const response = (parameters: URLSearchParams): void => {
      parameters.delete('code');
      parameters.set('id_token', token);
      parameters.set('access_token', 'x');
    };
    await refuses({ response }, EITHER);
    await refuses({ claims: (all) => ({ ...all, aud: 'the app of somebody else' }) }, EITHER);
  }, 30_000);

  it('OIDC-RP-023: follows no redirect of the token endpoint', async () => {
    const before = evil.heard.length;
    const tokens = () => new Raw('', 307, { location: `${evil.issuer}/token` });
    await refuses({ tokens }, [...EITHER, 'usersource.unreachable'], 'redirect');
    expect(evil.heard.length).toBe(before);
  }, 30_000);

  it(
    'OIDC-RP-023: reads no more than a megabyte',
    () => refuses({ tokens: () => new Raw(`{"x":"${'x'.repeat(3_000_000)}"}`) }, ['usersource.unreachable'], 'large'),
    30_000,
  );

  it('OIDC-RP-024: asks for keys once a minute at most, however many key ids are invented', async () => {
    await honest('flood');
    const asked = () => op.heard.filter(({ path }) => path === '/jwks').length;
    const before = asked();
    const header: Script['header'] = (usual) => ({ ...usual, kid: `invented-${Math.random()}` });
    stage('flood', { header });
    const flood = await Promise.all(Array.from({ length: 10 }, () => upstreams.setOut('flood')));
    expect(flood.map(({ last }) => last.status)).toEqual(Array.from({ length: 10 }, () => 403));
    await upstreams.settled();
    await refuses({ header }, UNTRUSTED, 'flood');
    expect(asked() - before).toBeLessThanOrEqual(1);
  }, 30_000);

  const giant = Buffer.alloc(2_048, 0xff).toString('base64url');
  it.each<[string, string, NonNullable<Script['jwks']>]>([
    ['of 10,000 keys', 'jwks-huge', ({ keys: [key] }) => ({ keys: Array.from({ length: 10_000 }, () => key) })],
    ['of 101 keys', 'jwks-many', ({ keys: [key] }) => ({ keys: Array.from({ length: 101 }, () => key) })],
    ['of 16k RSA', 'jwks-giant', (set) => ({ keys: set.keys.map((key) => ({ ...key, n: giant })) })],
  ])(
    'OIDC-RP-025: refuses a key set %s',
    async (_what, slug, jwks) => {
      await refuses({ jwks }, [...EITHER, 'usersource.unreachable'], slug);
    },
    30_000,
  );

  it('OIDC-RP-027: ends no session by a frame that does not name it', async () => {
    stage('framed', {});
    op.session = { sid: 'the-session', authTime: seconds() };
    const browser = broker.browser();
    expect(await upstreams.admitted('framed', browser)).toMatchObject({ name: 'Jane' });
    const isIn = async () => (await browser.visit('/account')).text.includes('framed@acme.test');
    const frame = async (slug: string, query: Record<string, string>) => {
      const page = await broker.browser().get(`/sso/${slug}/slo?${new URLSearchParams(query).toString()}`);
      expect(page.status).toBeLessThan(500);
    };
    expect(await isIn()).toBe(true);
    await frame('framed', { iss: op.issuer });
    await frame('framed', { sid: 'the-session' });
    await frame('framed', { iss: evil.issuer, sid: 'the-session' });
    await frame('framed', { iss: op.issuer, sid: 'another' });
    await frame('op', { iss: op.issuer, sid: 'the-session' });
    expect(await isIn()).toBe(true);
    await frame('framed', { iss: op.issuer, sid: 'the-session' });
    expect(await isIn()).toBe(false);
    op.session = undefined;
    await upstreams.settled();
  }, 30_000);

  it('OIDC-RP-029: sends its secret to no host that the admin has not named', async () => {
    const before = evil.heard.length;
    const discovery = (all: Json): Json => ({ ...all, token_endpoint: `${evil.issuer}/token` });
    await refuses({ discovery }, UNTRUSTED, 'moved');
    expect(evil.heard.length).toBe(before);
  }, 30_000);

  it('OIDC-RP-030: refuses an answer without the `iss` that was promised', async () => {
    await refuses({ response: (parameters) => parameters.delete('iss') }, UNTRUSTED);
    await refuses({ response: (parameters) => parameters.set('iss', evil.issuer) }, UNTRUSTED);
  }, 30_000);

  it('OIDC-RP-031: refuses a sign-in that is weaker than was asked for', async () => {
    const strong: Script = { claims: (all) => ({ ...all, acr: 'urn:mfa' }) };
    await refuses({ claims: (all) => ({ ...all, acr: 'urn:password' }) }, ['upstream.refused'], 'mfa', strong);
    await refuses({}, ['upstream.refused'], 'mfa', strong);
  }, 30_000);
});
