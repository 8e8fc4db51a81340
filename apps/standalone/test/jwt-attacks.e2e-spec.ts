import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { base64url, SignJWT } from 'jose';
import { startBroker, type Broker } from './world/broker.js';
import { heard, isCallback, seconds, Upstreams, type Arrival } from './world/upstreams.js';

type Claims = Record<string, unknown>;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));
const isElsewhere = (url: URL): boolean => url.port === '4998';
const UNTRUSTED = ['upstream.untrusted'];
const EITHER = ['upstream.untrusted', 'upstream.malformed'];
const SECRET = 'canary-shared-secret-0123456789abcdef';
const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Web sites that sign with keys of their own, and two gateways that know the public halves. */
describe('attacks on JWT sign-ins, over two gateways', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  const publicKey = (pair: typeof rsa): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    const remoteLoginUrl = 'http://localhost:4998/login';
    await upstreams.add('jwt', 'rsa', { remoteLoginUrl, algorithm: 'RS256', publicKey: publicKey(rsa) });
    await upstreams.add('jwt', 'ec', { remoteLoginUrl, algorithm: 'ES256', publicKey: publicKey(ec) });
    await upstreams.add('jwt', 'desk', {
      ...{ preset: 'zendesk', remoteLoginUrl, algorithm: 'ES256', publicKey: publicKey(ec) },
      ...{ unsolicited: true, returnUrls: ['https://help.acme.test/*'] },
    });
    await upstreams.add('jwt', 'site', { remoteLoginUrl, secret: SECRET });
    const parties = { issuer: 'https://www.acme.test', audience: 'desk' };
    await upstreams.add('jwt', 'named', { remoteLoginUrl, secret: SECRET, ...parties });
    // Somebody's mistake: the site's keys are said to be the broker's own.
    await upstreams.add('jwt', 'mirror', {
      ...{ remoteLoginUrl, algorithm: 'ES256', jwksUrl: `${broker.origin}/oidc/jwks` },
      ...{ issuer: `${broker.origin}/oidc`, audience: `${broker.origin}/sso/mirror/jwt` },
    });
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await broker?.close();
  });

  const claims = (slug: string): Claims => ({
    ...{ sub: 'jane', external_id: 'jane', name: 'Jane', email: `${slug}@acme.test` },
    ...{ jti: randomUUID(), iat: seconds(), exp: seconds() + 60 },
  });
  const sign = (slug: string, more: Claims = {}, alg = slug === 'rsa' ? 'RS256' : 'ES256'): Promise<string> =>
    new SignJWT({ ...claims(slug), ...more })
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign((slug === 'rsa' ? rsa : ec).privateKey);

  /** Out to the site, and back with this token. */
  async function arrive(slug: string, token: string, more: Record<string, string> = {}): Promise<Arrival> {
    const arrival = await upstreams.setOut(slug, undefined, isElsewhere);
    const to = arrival.last.location?.searchParams;
    const back = new URL(to?.get('return') ?? to?.get('return_to') ?? '');
    for (const [name, value] of Object.entries({ jwt: token, ...more })) back.searchParams.set(name, value);
    return { ...arrival, last: await arrival.browser.visit(back, { until: isCallback }) };
  }
  const refuses = (slug: string, token: string, codes = UNTRUSTED) =>
    upstreams.refuses(
      () => arrive(slug, token),
      codes,
      async () => {
        const arrival = await arrive(slug, await sign(slug));
        expect(await upstreams.claims(arrival)).toMatchObject({ name: 'Jane' });
      },
    );

  const byMac = (text: Claims, header: Claims = {}, key: string = SECRET): string => {
    const input = `${encoded({ alg: 'HS256', typ: 'JWT', ...header })}.${encoded(text)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  /** Tokens of the site that shares a secret with us; beside them what is right. */
  const refusesEach = (tokens: Record<string, () => string>, right: Claims[] = [{}], slug = 'site', codes = EITHER) =>
    upstreams.refusesEach(
      Object.entries(tokens).map(([name, token]) => ({ name, come: () => arrive(slug, token()) })),
      codes,
      async () => {
        for (const more of right) {
          const arrival = await arrive(slug, byMac({ ...claims(slug), ...more }));
          expect(await upstreams.claims(arrival)).toMatchObject({ name: 'Jane' });
        }
      },
    );
  const bent = (name: string, more: Claims, slug = 'site') => ({ [name]: () => byMac({ ...claims(slug), ...more }) });

  it(
    'JWTSSO-001: refuses alg none in any casing',
    () =>
      refusesEach(
        Object.fromEntries(
          ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) =>
            ['', 'x'].map((signature) => [
              `${alg} ${signature}`,
              () => `${encoded({ alg })}.${encoded(claims('site'))}.${signature}`,
            ]),
          ),
        ),
      ),
    30_000,
  );

  it(
    'JWTSSO-004: refuses a token that lacks a word',
    () =>
      refusesEach(
        Object.assign(
          {},
          ...['exp', 'iat', 'jti', 'sub'].flatMap((name) =>
            [undefined, null, ''].map((value) => bent(`${name} ${String(value)}`, { [name]: value })),
          ),
        ),
      ),
    30_000,
  );

  it(
    'JWTSSO-005: refuses a token that is old, of the future, or over',
    () =>
      refusesEach(
        {
          ...bent('old', { iat: seconds() - 200 }),
          ...bent('of the future', { iat: seconds() + 90 }),
          ...bent('over', { exp: seconds() - 90 }),
          ...bent('not yet', { nbf: seconds() + 90 }),
          ...bent('of no number', { iat: String(seconds()) }),
        },
        [{ iat: seconds() - 120, exp: seconds() + 86_400 }],
      ),
    30_000,
  );

  it('JWTSSO-007: refuses a token for somebody else, or of somebody else', async () => {
    const [iss, aud] = ['https://www.acme.test', 'desk'];
    await refusesEach(
      {
        ...bent('neither', {}, 'named'),
        ...bent('no audience', { iss }, 'named'),
        ...bent('another audience', { iss, aud: 'another' }, 'named'),
        ...bent('another issuer', { iss: 'https://evil.test', aud }, 'named'),
        ...bent('an issuer that begins alike', { iss: `${iss}/`, aud }, 'named'),
      },
      [
        { iss, aud },
        { iss, aud: ['another', aud] },
      ],
      'named',
    );
    // Nothing in the settings: a token that names an audience must still mean us.
    await refusesEach(bent('for another site', { aud: 'https://acme.zendesk.test' }), [{ aud: broker.origin }]);
  }, 30_000);

  it('JWTSSO-009: refuses other serialisations, nested and encrypted tokens, and headers that change the reading', () => {
    const whole = (): [token: string, header: string, payload: string, signature: string] => {
      const token = byMac(claims('site'));
      const [header = '', payload = '', signature = ''] = token.split('.');
      return [token, header, payload, signature];
    };
    const nested = (): string => {
      const input = `${encoded({ alg: 'HS256', cty: 'JWT' })}.${base64url.encode(byMac(claims('site')))}`;
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
    };
    return refusesEach({
      flattened: () => {
        const [, header, payload, signature] = whole();
        return JSON.stringify({ protected: header, payload, signature });
      },
      general: () => {
        const [, header, payload, signature] = whole();
        return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
      },
      nested,
      encrypted: () => `${encoded({ alg: 'dir', enc: 'A256GCM' })}..${encoded({})}.AAAA.AAAA`,
      'packed and encrypted': () => `${encoded({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}.a.b.c.d`,
      'a dot more': () => `${whole()[0]}.`,
      'a space before': () => ` ${whole()[0]}`,
      'an unencoded payload': () => byMac(claims('site'), { crit: ['b64'], b64: false }),
      'an unknown crit': () => byMac(claims('site'), { crit: ['exp'] }),
    });
  }, 30_000);

  it('JWTSSO-012: refuses tokens of another kind, and our own', async () => {
    const kinds = ['logout+jwt', 'at+jwt', 'application/at+jwt', 'dpop+jwt', 'secevent+jwt'];
    await refusesEach({
      ...Object.fromEntries(kinds.map((typ) => [typ, () => byMac(claims('site'), { typ })])),
      ...bent('an event', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    });
    const idToken = await upstreams.idToken(await arrive('site', byMac(claims('site'))));
    await upstreams.settled();
    await upstreams.refuses(
      () => arrive('mirror', idToken),
      EITHER,
      async () => {
        expect(await upstreams.claims(await arrive('site', byMac(claims('site'))))).toMatchObject({ name: 'Jane' });
      },
    );
  }, 30_000);

  it('JWTSSO-015: parses nothing that is longer than any token', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const nestedDeep = JSON.stringify(claims('site')).replace('}', `,"x":${deep}}`);
    const header = encoded({ alg: 'HS256', typ: 'JWT' });
    for (const token of [
      byMac({ ...claims('site'), x: 'x'.repeat(20_000) }),
      byMac({ ...claims('site'), x: 'x'.repeat(100_000) }),
      `${header}.${base64url.encode(nestedDeep)}.x`,
    ]) {
      const before = await upstreams.sessions();
      const { browser, last } = await upstreams.setOut('site', undefined, isElsewhere);
      const back = new URL(last.location?.searchParams.get('return') ?? '');
      const state = back.searchParams.get('state') ?? '';
      const began = performance.now();
      const page = await browser.follow(await browser.post(`${back.origin}${back.pathname}`, { jwt: token, state }));
      expect([page.status, performance.now() - began < 1_000]).toEqual([413, true]);
      expect(await upstreams.sessions()).toBe(before);
    }
    await upstreams.settled();
    await refusesEach({});
  }, 30_000);

  it('JWTSSO-002: refuses an HMAC by the public key, in every text that key has', async () => {
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
    for (const key of [publicKey(rsa), publicKey(rsa).trim(), der, der.toString('base64')]) {
      const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims('rsa'))}`;
      await refuses('rsa', `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`);
    }
  }, 30_000);

  it('JWTSSO-002: refuses another algorithm of the same key', async () => {
    await refuses('rsa', await sign('rsa', {}, 'PS256'));
  }, 30_000);

  it('JWTSSO-008: sends nobody to an address that is not listed', async () => {
    // Straight from the site, as Zendesk's scripts do: only then is it the site that says where to go on to.
    const to = async (return_to: string): Promise<string | undefined> => {
      const query = new URLSearchParams({ jwt: await sign('desk'), return_to });
      const page = await broker.browser().get(`/sso/desk/jwt?${query.toString()}`);
      expect(page.status).toBeLessThan(400);
      return page.location?.href;
    };
    for (const evil of [
      'https://evil.test/',
      '//evil.test',
      'https://help.acme.test@evil.test/',
      'javascript:alert(1)',
    ])
      expect(await to(evil)).toBe(`${broker.origin}/`);
    expect(await to('https://help.acme.test/tickets/1')).toBe('https://help.acme.test/tickets/1');
  }, 30_000);

  it.each([0, 255])(
    'JWTSSO-010: refuses an ES256 signature of nothing but %d',
    async (fill) => {
      const [header, payload] = (await sign('ec')).split('.');
      await refuses('ec', `${header}.${payload}.${Buffer.alloc(64, fill).toString('base64url')}`);
    },
    30_000,
  );

  it('JWTSSO-011: knows a token again when its signature is written the other way', async () => {
    const token = await sign('ec');
    const [header, payload, signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const other = ORDER_OF_P256 - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(other.toString(16).padStart(64, '0'), 'hex')]);
    expect(await upstreams.claims(await arrive('ec', token))).toMatchObject({ name: 'Jane' });
    await upstreams.settled();
    await refuses('ec', `${header}.${payload}.${twin.toString('base64url')}`, ['replayed']);
  }, 30_000);
});
