import { Redis } from 'ioredis';
import { startBroker, type Broker } from './world/broker.js';
import { CALLBACK, configure, multipassOf, question, redeem, signIn, token } from './world/people.js';

/** Disabled anywhere, refused everywhere, after at most this long. */
const SOON_MS = 1_000;

describe('two gateways and two minters', () => {
  let broker: Broker;
  let redis: Redis;
  let configured: Awaited<ReturnType<typeof configure>>;

  beforeAll(async () => {
    broker = await startBroker();
    redis = new Redis(broker.redisUrl);
    configured = await configure(broker);
    // The admins' other way in: without it the broker refuses to have its only brand switched off.
    await broker.api('POST', '/v1/brands', { slug: 'second', name: 'Second', hosts: ['second.test'] });
    await broker.api('POST', '/v1/usersources', {
      slug: 'second-agents',
      type: 'local',
      brand: 'second',
      audience: 'agents',
      label: 'Staff',
      settings: {},
    });
  }, 60_000);
  afterAll(async () => {
    redis?.disconnect();
    await broker?.close();
  });

  const sessions = async (): Promise<number> => (await redis.keys('session:*')).length;

  it('sign somebody in by Multipass and give the application a pass', async () => {
    const { answer, asked } = await signIn(broker, broker.browser(), 'u-1');
    const { status, body } = await redeem(broker, configured.clientSecret, answer, asked);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      id_token: expect.any(String),
      refresh_token: expect.any(String),
    });
  });

  it('ask for no password at the second visit', async () => {
    const browser = broker.browser();
    await signIn(broker, browser, 'u-2');
    const before = browser.history.length;
    const { answer } = await signIn(broker, browser, 'u-2');
    expect(answer.searchParams.get('code')).toBeTruthy();
    expect(browser.history.slice(before).some((url) => url.pathname === CALLBACK)).toBe(false);
  });

  it('let one of a hundred parallel replays win, twenty times', async () => {
    for (let round = 0; round < 20; round += 1) {
      const url = `${broker.origin}${CALLBACK}?${multipassOf(`replayed-${round}`)}`;
      const before = await sessions();
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const answer = await fetch(url, { redirect: 'manual', headers: { 'x-test-replica': String(index % 2) } });
          await answer.arrayBuffer();
          return answer;
        }),
      );
      expect((await sessions()) - before).toBe(1);
      expect(answers.filter((answer) => answer.status === 303 || answer.status === 302)).toHaveLength(1);
      expect(answers.filter((answer) => answer.status >= 500)).toHaveLength(0);
    }
  }, 120_000);

  describe('refuse within a second, on every replica, also at refresh,', () => {
    const cases: [string, () => string, object, object][] = [
      [
        'a disabled usersource',
        () => `/v1/usersources/${configured.usersource}`,
        { enabled: false },
        { enabled: true },
      ],
      [
        'a disabled application',
        () => `/v1/applications/${configured.application}`,
        { enabled: false },
        { enabled: true },
      ],
      ['a disabled brand', () => '/v1/brands/default', { enabled: false }, { enabled: true }],
    ];

    const refreshed = (refreshToken: string, replica: number) =>
      token(broker, configured.clientSecret, { grant_type: 'refresh_token', refresh_token: refreshToken }, replica);

    const signedIn = async (uid: string) => {
      const browsers = [broker.browser(), broker.browser()];
      const passes: string[] = [];
      for (const browser of browsers) {
        const { answer, asked } = await signIn(broker, browser, uid);
        const { body } = await redeem(broker, configured.clientSecret, answer, asked);
        passes.push(String(body['refresh_token']));
      }
      return { browsers, passes };
    };

    const refusedEverywhere = async ({ browsers, passes }: Awaited<ReturnType<typeof signedIn>>): Promise<void> => {
      for (const [replica, browser] of browsers.entries()) {
        const page = await browser.visit(question(broker).url, {
          until: (url) => url.port !== new URL(broker.origin).port,
        });
        expect(page.location?.searchParams.get('code') ?? null).toBeNull();
        const { status } = await refreshed(passes[replica] ?? '', replica);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    };

    it.each(cases)(
      '%s',
      async (_name, path, off, on) => {
        const people = await signedIn(`u-${path()}`.replace(/\W/g, '-'));
        const positive = await refreshed(people.passes[0] ?? '', 0);
        expect(positive.status).toBe(200);
        people.passes[0] = String(positive.body['refresh_token']);
        await broker.api('PATCH', path(), off);
        await new Promise((resolve) => setTimeout(resolve, SOON_MS));
        await refusedEverywhere(people);
        await broker.api('PATCH', path(), on);
        await new Promise((resolve) => setTimeout(resolve, SOON_MS));
        const { answer } = await signIn(broker, broker.browser(), 'u-again');
        expect(answer.searchParams.get('code')).toBeTruthy();
      },
      60_000,
    );

    it('a disabled account', async () => {
      const people = await signedIn('u-account');
      const accounts = (await broker.api('GET', '/v1/accounts?limit=100'))['data'] as { id: string; name: string }[];
      const account = accounts.find(({ name }) => name === 'Person u-account');
      await broker.api('PATCH', `/v1/accounts/${account?.id}`, { disabled: true });
      await new Promise((resolve) => setTimeout(resolve, SOON_MS));
      await refusedEverywhere(people);
      const again = await broker.browser().visit(`${broker.origin}${CALLBACK}?${multipassOf('u-account')}`);
      expect(again.status).toBe(403);
    }, 60_000);
  });
});
