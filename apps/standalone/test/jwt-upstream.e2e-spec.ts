import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import type { Browser } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, REDIRECT } from './world/people.js';

const SECRET = 'canary-shared-secret-0123456789abcdef';
const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
const isElsewhere = (url: URL): boolean => url.port === '4998';
const seconds = (): number => Math.floor(Date.now() / 1_000);
type Claims = Record<string, unknown>;

/** A web site that signs its people in, and two gateways that take its word. */
describe('JWT sign-in over two gateways', () => {
  let broker: Broker;
  let redis: Redis;

  beforeAll(async () => {
    broker = await startBroker();
    redis = new Redis(broker.redisUrl);
    await configure(broker, { sso: 'none' });
    await broker.api('POST', '/v1/usersources', {
      ...{ slug: 'site', type: 'jwt', brand: 'default', audience: 'users', label: 'Site', enabled: true, order: 5 },
      ...{
        sso: 'none',
        display: 'button',
        jit: { create: 'on' },
        linking: { mode: 'prove', authoritativeDomains: [] },
      },
      settings: { remoteLoginUrl: 'http://localhost:4998/login', secret: SECRET },
    });
  }, 90_000);
  afterAll(async () => {
    redis?.disconnect();
    await broker?.close();
  });

  const honest = (): Claims => ({
    sub: 'u-1',
    name: 'Jane',
    email: 'jane@acme.test',
    jti: randomUUID(),
    iat: seconds(),
    exp: seconds() + 60,
  });
  const sign = (claims: Claims, header: Claims = {}): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header }).sign(Buffer.from(SECRET));
  const sessions = async (): Promise<number> => (await redis.keys('session:*')).length;

  /** Where the site is told to send them back to, with our state in it. */
  async function setOut(browser: Browser): Promise<URL> {
    await browser.visit(question(broker).url);
    const page = await browser.visit('/sso/start/site', { until: isElsewhere });
    return new URL(page.location?.searchParams.get('return') ?? '');
  }
  async function comeBack(browser: Browser, back: URL, token: string) {
    back.searchParams.set('jwt', token);
    return browser.visit(back, { until: isCallback });
  }

  it('lets people in by GET and by POST', async () => {
    const browser = broker.browser();
    const page = await comeBack(browser, await setOut(browser), await sign(honest()));
    expect(page.text).toContain('Jane');
    const posting = broker.browser();
    const back = await setOut(posting);
    const fields = { jwt: await sign(honest()), state: back.searchParams.get('state') ?? '' };
    const posted = await posting.follow(await posting.post(`${back.origin}${back.pathname}`, fields));
    expect(posted.text).toContain('Jane');
    expect(broker.log.join('\n')).not.toContain(fields.jwt);
  }, 30_000);

  it('refuses a token in a browser that was not sent there, and one with another state', async () => {
    const before = await sessions();
    const stranger = broker.browser();
    await stranger.visit(`/sso/site/jwt?jwt=${await sign(honest())}`);
    const browser = broker.browser();
    const back = await setOut(browser);
    back.searchParams.set('state', 'another');
    await comeBack(browser, back, await sign(honest()));
    expect(await sessions()).toBe(before);
  }, 30_000);

  it('JWTSSO-006: takes a token once of a hundred tries at once, over two gateways', async () => {
    const token = await sign(honest());
    const before = await sessions();
    const walks = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const browser = broker.browser();
        return { browser, back: await setOut(browser) };
      }),
    );
    const pages = await Promise.all(walks.map(({ browser, back }) => comeBack(browser, back, token)));
    expect(pages.filter(({ text }) => text.includes('Jane'))).toHaveLength(1);
    expect((await sessions()) - before).toBe(1);
  }, 60_000);
});
