import { readMultipass } from '@passbroker/multipass';
import { createLogger } from '@passbroker/platform';
import { Browser } from '../../../../../libs/testing/src/browser.js';
import type { Site } from '../web/site.js';
import { startIntranet } from './intranet.js';
import { demoPeople } from './people.js';

const keys = { siteKey: 'acme', apiKey: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c' };
const log = createLogger('demo', 'silent');
const atBroker = { until: ({ host }: URL) => host === 'help.acme.test' };

let site: Site;

beforeAll(async () => {
  site = await startIntranet({ ...keys, port: 0, host: '127.0.0.1', brokerOrigin: 'https://help.acme.test', log });
});

afterAll(() => site.close());

const login = async (browser: Browser, username: string, password: string) =>
  browser.submit(browser.page?.form('Password') ?? fail(), { 'User name': username, Password: password }, atBroker);

const fail = (): never => {
  throw new Error('no login form');
};

describe('the Acme intranet', () => {
  it('asks people who come from the broker to sign in, and sends them back with a Multipass', async () => {
    const browser = new Browser(site.url);
    const form = await browser.visit('/multipass', atBroker);
    expect(form.text).toContain('Employee sign-in');
    const { location, status } = await login(browser, 'jane', 'coyote-42');
    expect(status).toBe(302);
    expect(location?.pathname).toBe('/customer/authentication/multipass/callback');
    expect(readMultipass(location?.search.slice(1) ?? '', keys, new Date())).toMatchObject({
      uid: 'u-1001',
      email: 'jane.doe@acme.test',
      name: 'Jane Doe',
      custom: { department: 'Support' },
      dialect: 'desk',
    });
  });

  it('asks nobody twice', async () => {
    const browser = new Browser(site.url);
    await browser.visit('/multipass', atBroker);
    const first = await login(browser, 'zoe', 'anvil-17');
    const second = await browser.visit(`${site.url}/multipass`, atBroker);
    expect(second.location?.pathname).toBe('/customer/authentication/multipass/callback');
    expect(second.location?.search).not.toBe(first.location?.search);
    expect((await browser.visit(`${site.url}/`)).text).toContain('Good day, Zoë Müller');
  });

  it('asked in passing, shows nobody a login form', async () => {
    const browser = new Browser(site.url);
    const back = await browser.visit('/multipass?passive=1', atBroker);
    expect(back.location?.href).toBe('https://help.acme.test/customer/authentication/multipass/callback');
    await browser.visit('/multipass', atBroker);
    await login(browser, 'jane', 'coyote-42');
    const known = await browser.visit(`${site.url}/multipass?passive=1`, atBroker);
    expect(known.location?.searchParams.has('multipass')).toBe(true);
  });

  it('carries the address to return to through its own login form', async () => {
    const browser = new Browser(site.url);
    await browser.visit(`/multipass?to=${encodeURIComponent('https://help.acme.test/a?b=1&c=2')}`, atBroker);
    const { location } = await login(browser, 'jane', 'coyote-42');
    expect(readMultipass(location?.search.slice(1) ?? '', keys, new Date()).to).toBe(
      'https://help.acme.test/a?b=1&c=2',
    );
  });

  it.each(['https://evil.test/', '//evil.test', '/\\evil.test', '/multipass.evil.test', '/multipassx', ''])(
    'goes to no address of somebody else after signing in: %j',
    async (then) => {
      const browser = new Browser(site.url);
      await browser.visit(`/sign-in?then=${encodeURIComponent(then)}`);
      expect((await login(browser, 'sean', 'rocket-88')).url.href).toBe(`${site.url}/`);
    },
  );

  it('refuses wrong passwords and unknown names alike', async () => {
    for (const [username, password] of [
      ['jane', 'anvil-17'],
      ['jane', ''],
      ['nobody', ''],
      ['__proto__', 'x'],
    ] as const) {
      const browser = new Browser(site.url);
      await browser.visit('/sign-in');
      const page = await login(browser, username, password);
      expect([page.status, page.text.includes('do not go together')]).toEqual([401, true]);
      expect((await browser.visit('/')).url.pathname).toBe('/sign-in');
    }
  });

  it('lets in everybody it names on its login page, under a new session id', async () => {
    for (const { username, password, name } of demoPeople) {
      const browser = new Browser(site.url);
      browser.cookies.set('intranet_session=planted; Path=/', new URL(site.url));
      await browser.visit('/sign-in');
      expect((await login(browser, username, password)).text).toContain(`Good day, ${name}`);
      expect(browser.cookies.value('intranet_session', new URL(site.url))).toMatch(/^[\w-]{32}$/);
    }
  });

  it('signs out, but not for the page of somebody else', async () => {
    const browser = new Browser(site.url);
    await browser.visit('/sign-in');
    await login(browser, 'aiko', 'magnet-63');
    await browser.post('/sign-out', {}, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect((await browser.visit('/')).text).toContain('Good day');
    await browser.click('Sign out');
    expect((await browser.visit('/')).url.pathname).toBe('/sign-in');
  });
});
