import type { Browser, Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure, multipassOf } from './world/people.js';

const isElsewhere = (url: URL): boolean => url.port === '4998';

describe('an admin tries a usersource in a window', () => {
  let broker: Broker;
  let usersource: string;

  beforeAll(async () => {
    broker = await startBroker({ gateways: 2, minters: 1 });
    ({ usersource } = await configure(broker, { sso: 'none' }));
    await change({ enabled: false });
  }, 60_000);
  afterAll(() => broker?.close());

  const read = () => broker.api('GET', `/v1/usersources/${usersource}`);
  /** And every gateway has heard of it. */
  const change = async (members: Record<string, unknown>): Promise<void> => {
    await broker.api('PATCH', `/v1/usersources/${usersource}`, members);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  };
  const trialUrl = async (): Promise<string> => {
    const { trial } = await broker.api('POST', `/v1/usersources/${usersource}:test`, {});
    if (typeof trial !== 'object' || trial === null || !('url' in trial)) throw new Error('no window to open');
    return String(trial.url);
  };
  /** Out to the remote login page, and back with what it hands over. */
  const walk = async (browser: Browser, url: string, query: string): Promise<Page> => {
    const out = await browser.visit(url, { until: isElsewhere });
    expect(out.location?.href).toContain('http://localhost:4998/login');
    return browser.visit(`${broker.origin}/sso/intranet/callback?${query}`);
  };
  const accounts = async (): Promise<unknown> => (await broker.api('GET', '/v1/accounts?audience=users'))['data'];

  it('shows what came back, makes no account and no session, and proves settings that are still switched off', async () => {
    expect((await read())['proven']).toBeNull();
    const browser = broker.browser();
    const page = await walk(browser, await trialUrl(), multipassOf('try-1', { name: 'Jo Doe' }));
    expect(page.status).toBe(200);
    expect(page.text).toContain('Acme intranet works');
    expect(page.text).toContain('try-1@acme.test');
    expect(page.text).toContain('Jo Doe');
    expect(await accounts()).toEqual([]);
    expect((await browser.visit(`${broker.origin}/account`)).text).not.toContain('Jo Doe');
    expect(await read()).toMatchObject({ enabled: false, proven: { settingsVersion: 1 } });
  });

  it('says why nobody came back to the admin who asked, and to nobody else', async () => {
    const spoiled = multipassOf('try-2').replace(/signature=..../, 'signature=AAAA');
    const told = await walk(broker.browser(), await trialUrl(), spoiled);
    expect(told.text).toContain('did not sign you in');
    expect(told.text).toContain('multipass.signature');
    await change({ enabled: true });
    const stranger = await broker.browser().visit(`${broker.origin}/sso/intranet/callback?${spoiled}`);
    expect(stranger.text).not.toContain('multipass.signature');
    await change({ enabled: false });
  });

  it('opens its window once', async () => {
    const url = await trialUrl();
    const first = await broker.browser().visit(url, { until: isElsewhere });
    expect(first.location).toBeDefined();
    const again = await broker.browser().visit(url, { until: isElsewhere });
    expect(again.location).toBeUndefined();
    expect(again.status).toBeGreaterThanOrEqual(400);
    expect(again.status).toBeLessThan(500);
  });

  it('refuses a window that was asked for before the settings changed', async () => {
    const url = await trialUrl();
    await change({ settings: { returnUrls: ['https://other.acme.test/*'] } });
    const page = await broker.browser().visit(url, { until: isElsewhere });
    expect(page.location).toBeUndefined();
    expect(page.status).toBeGreaterThanOrEqual(400);
  });
});
