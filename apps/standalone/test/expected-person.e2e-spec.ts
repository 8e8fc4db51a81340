import type { Browser, Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { CALLBACK, configure, multipassOf, question, REDIRECT } from './world/people.js';

const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
const isElsewhere = (url: URL): boolean => url.port === '4998';

describe('an application expects one person, and another comes back', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({ gateways: 2, minters: 1 });
    await configure(broker);
  }, 60_000);
  afterAll(() => broker?.close());

  const comeBack = async (hint: string, uid: string, browser = broker.browser()): Promise<Page> => {
    const asked = question(broker, { login_hint: hint });
    const out = await browser.visit(asked.url, { until: (url) => isCallback(url) || isElsewhere(url) });
    expect(out.location?.port).toBe('4998');
    return browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(uid)}`, { until: isCallback });
  };

  /** Who is not is sent to the intranet. */
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.visit(`${broker.origin}/account`, { until: isElsewhere })).text.includes('@acme.test');

  it('asks before the first sign-in, and signs nobody in until it is answered', async () => {
    const browser = broker.browser();
    const page = await comeBack('grace@acme.test', 'ada', browser);
    expect(page.location).toBeUndefined();
    expect(page.text).toContain('You wanted to sign in as grace@acme.test');
    expect(page.text).toContain('ada@acme.test');
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('goes on to the application when that was meant, and asks no more', async () => {
    const browser = broker.browser();
    const page = await comeBack('grace@acme.test', 'linus', browser);
    const end = await browser.submit(
      page.form('Continue as Person linus'),
      {},
      { until: isCallback, button: 'Continue as Person linus' },
    );
    expect(end.location?.searchParams.get('code')).toBeTruthy();
    expect(await isSignedIn(browser)).toBe(true);
    expect((await comeBack('grace@acme.test', 'linus')).location?.searchParams.get('code')).toBeTruthy();
  });

  it('lets them choose another way, without being sent straight back', async () => {
    const browser = broker.browser();
    const page = await comeBack('grace@acme.test', 'edsger', browser);
    const choice = await browser.submit(
      page.form('Choose another way'),
      {},
      { until: isElsewhere, button: 'Choose another way' },
    );
    expect(choice.location).toBeUndefined();
    expect(choice.text).toContain('Acme intranet');
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('asks nothing when they are who was expected, however it is written', async () => {
    expect((await comeBack('Barbara@Acme.test', 'barbara')).location?.searchParams.get('code')).toBeTruthy();
  });
});
