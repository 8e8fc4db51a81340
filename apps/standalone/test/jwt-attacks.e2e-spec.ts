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
