import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from '@passbroker/testing';
import { describeWith } from '@passbroker/testing';
import { CALLBACK, configure, multipassOf, question, redeem, signIn, token } from './world/people.js';
import { startProcesses, type Processes } from './world/processes.js';

/** How soon somebody is told to come back, and how soon all is well again. */
const TOLD_MS = 3_000;
const BACK_MS = 2_000;
const AGENT = { name: 'ada@acme.test', password: 'velvet-otter-42-lantern' };
const DOCUMENTS = ['/oidc/jwks', '/oidc/.well-known/openid-configuration'];

describeWith('redis', 'while a store is away', () => {
  let broker: Processes;
  let clientSecret: string;

  beforeAll(async () => {
    broker = await startProcesses();
    ({ clientSecret } = await configure(broker));
    await broker.api('POST', '/v1/accounts', {
      audience: 'agents',
      name: 'Ada',
      emails: [{ value: AGENT.name, verified: true }],
      password: AGENT.password,
    });
  }, 120_000);
  afterAll(() => broker?.close());
  afterEach(() => expect(broker?.ended).toEqual([]));

  const timed = async (ask: () => Promise<Page>): Promise<{ page: Page; ms: number }> => {
    const since = performance.now();
    const page = await ask();
    return { page, ms: performance.now() - since };
  };
  const saysComeBack = async (ask: () => Promise<Page>): Promise<number> => {
    const { page, ms } = await timed(ask);
    expect([page.status, Number(page.headers['retry-after']) > 0]).toEqual([503, true]);
    expect(ms).toBeLessThan(TOLD_MS);
    return ms;
  };
  /** Tries until it works; answers how long that took. */
  const worksAgain = async (work: () => Promise<unknown>): Promise<number> => {
    const since = performance.now();
    for (;;) {
      try {
        await work();
        return performance.now() - since;
      } catch (error) {
        if (performance.now() - since > 15_000) throw error;
        await wait(50);
      }
    }
  };
  const newSignIn = async (): Promise<void> => {
    const { answer, asked } = await signIn(broker, broker.browser(), `new-${Math.random()}`);
    expect((await redeem(broker, clientSecret, answer, asked)).status).toBe(200);
  };
  const signedIn = async (uid: string): Promise<{ browser: Browser; refreshToken: string }> => {
    const browser = broker.browser();
    const { answer, asked } = await signIn(broker, browser, uid);
    const { body } = await redeem(broker, clientSecret, answer, asked);
    return { browser, refreshToken: String(body['refresh_token']) };
  };
  const byPassword = async (browser: Browser): Promise<Page> => {
    const page = await browser.visit('/agent/');
    const form = page.form('password');
    return browser.submit(form, { username: AGENT.name, password: AGENT.password });
  };
  const federated = (uid: string) => timed(() => broker.browser().get(`${CALLBACK}?${multipassOf(uid)}`));
  const documentsServed = async (): Promise<void> => {
    for (const path of DOCUMENTS) expect((await fetch(`${broker.origin}${path}`)).status).toBe(200);
  };

  it('Redis that is stopped: 503 and when to come back, documents as ever, and nothing completed is lost', async () => {
    const { browser, refreshToken } = await signedIn('held');
    const started = broker.browser();
    const walk = await started.get(question(broker).url);
    process.kill(broker.redis.pid(), 'SIGSTOP');
    const told: number[] = [];
    try {
      told.push(
        ...(await Promise.all([
          saysComeBack(() => browser.get('/')),
          saysComeBack(() => started.get(walk.location ?? '')),
          saysComeBack(() => broker.browser().get(question(broker).url)),
        ])),
      );
      const refused = await token(broker, clientSecret, { grant_type: 'refresh_token', refresh_token: refreshToken });
      expect(refused.status).toBe(503);
      await documentsServed();
      expect((await broker.ready('gateway')).status).toBe(503);
    } finally {
      process.kill(broker.redis.pid(), 'SIGCONT');
    }
    const back = await worksAgain(newSignIn);
    tell('Redis stopped and continued', {
      'told after ms': Math.round(Math.max(...told)),
      'back after ms': Math.round(back),
    });
    expect(back).toBeLessThan(BACK_MS);
    // The session and the walk under way are where they were.
    const { answer } = await signIn(broker, browser, 'nobody-is-asked');
    expect(answer.searchParams.get('code')).toBeTruthy();
    expect(browser.history.some((url) => url.port === '4998')).toBe(false);
    expect((await started.get(walk.location ?? '')).status).toBeLessThan(400);
  }, 60_000);

  it('Redis that loses power: new sign-ins work as soon as it is back', async () => {
    await signedIn('before');
    const pid = broker.redis.pid();
    process.kill(pid, 'SIGKILL');
    await worksAgain(async () => {
      if (broker.redis.pid() === pid) throw new Error('not started again yet');
    });
    const back = await worksAgain(newSignIn);
    tell('Redis killed and started again', { 'sign-ins after ms': Math.round(back) });
    expect(back).toBeLessThan(BACK_MS);
  }, 60_000);

  it('Redis behind a road that drops everything: the same, and healed with it', async () => {
    broker.redisRoad.swallow();
    const told = await saysComeBack(() => broker.browser().get(question(broker).url)).finally(() =>
      broker.redisRoad.heal(),
    );
    const back = await worksAgain(newSignIn);
    tell('Redis behind a black hole', { 'told after ms': Math.round(told), 'back after ms': Math.round(back) });
    expect(back).toBeLessThan(BACK_MS);
  }, 60_000);

  it('Postgres that is gone: who is signed in goes on, who is new is told to come back', async () => {
    const { browser, refreshToken } = await signedIn('known');
    // Seen here since the start: what no cache has ever held cannot be the last good value.
    await signIn(broker, browser, 'known');
    await federated('known');
    await byPassword(broker.browser());
    broker.databaseRoad.cut();
    let told: { federated: string; password: number; new: number };
    try {
      await wait(1_500);
      const again = await signIn(broker, browser, 'known');
      expect((await redeem(broker, clientSecret, again.answer, again.asked)).status).toBe(200);
      const refresh = await token(broker, clientSecret, { grant_type: 'refresh_token', refresh_token: refreshToken });
      expect(refresh.status).toBe(200);
      await documentsServed();
      const known = await federated('known');
      told = {
        federated: `${known.page.status} after ${Math.round(known.ms)} ms`,
        password: Math.round(await saysComeBack(() => byPassword(broker.browser()))),
        new: Math.round(await saysComeBack(async () => (await federated('never-seen')).page)),
      };
      // Whom this gateway has seen is found by their link in its memory.
      expect(known.page.status).toBe(303);
      expect(known.ms).toBeLessThan(TOLD_MS);
    } finally {
      broker.databaseRoad.heal();
    }
    const back = await worksAgain(newSignIn);
    tell('Postgres gone', { ...told, 'back after ms': Math.round(back) });
    expect(back).toBeLessThan(2 * BACK_MS);
  }, 60_000);

  it('all is as before', async () => {
    await newSignIn();
    for (const service of ['gateway', 'minter', 'admin'] as const)
      expect((await broker.ready(service)).status).toBe(200);
  });
});

function tell(title: string, numbers: Record<string, number | string>): void {
  const shown = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`  ${title}: ${shown.join(', ')}\n`);
}
