import { request } from 'node:http';
import { startWorld, type World } from './world.js';

export const NEW = 'seven purple tractors';
export type Visitor = ReturnType<World['browser']>;

/** Two gateways whose people look after their passwords themselves; every test finds them as the first one did. */
export function passwordWorld() {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());
  let before: string[];
  let hashes: Map<string, string>;
  beforeEach(async () => {
    await world.forget();
    before = [...world.catalog.accounts.keys()];
    hashes = new Map(world.catalog.hashes);
  });
  afterEach(() => {
    for (const id of world.catalog.accounts.keys()) if (!before.includes(id)) world.catalog.accounts.delete(id);
    for (const [id, hash] of hashes) world.catalog.hashes.set(id, hash);
    world.catalog.changeBrand(world.brand.id, { registration: 'open' });
    for (const id of ['us_local-users', 'us_local-agents']) world.catalog.changeUsersource(id, { enabled: true });
    world.catalog.changeUsersource('us_intranet', { sso: 'none' });
  });

  /** Asks for a link on the page that the sign-in page leads to. */
  async function ask(browser: Visitor, page: 'register' | 'lost-password', name: string, from = '/login') {
    await browser.visit(from);
    await browser.click(page === 'register' ? 'Create an account' : 'Forgot your password?');
    const [form] = browser.page?.forms ?? [];
    if (!form) throw new Error('no form to ask on');
    return browser.submit(form, { [page === 'register' ? 'email' : 'username']: name });
  }

  /** Fills the page that a link opens. */
  async function choose(browser: Visitor, link: URL, fields: Record<string, string> = {}) {
    await browser.visit(link);
    const [form] = browser.page?.forms ?? [];
    if (!form) throw new Error(`no form behind the link: ${browser.page?.text}`);
    return browser.submit(form, { password: NEW, repeated: NEW, ...fields });
  }

  async function signsIn(name: string, password: string, path = '/login'): Promise<boolean> {
    const browser = world.browser();
    const page = await browser.visit(path);
    const [form] = page.forms;
    if (!form) return false;
    return (await browser.submit(form, { username: name, password })).text.includes('Hello,');
  }

  const cookieOf = (browser: Visitor, name: string): string => {
    const header = browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true });
    return new RegExp(`${name}=([^;]+)`).exec(header)?.[1] ?? '';
  };

  /** As a browser with a page of ours open. */
  function post(
    address: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(address, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: {
        cookie: `passbroker_browser=${'b'.repeat(43)}`,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'navigate',
        ...headers,
      },
      redirect: 'manual',
    });
  }

  function postAsHost(host: string, path: string, body: string): Promise<number | undefined> {
    const headers = {
      host,
      cookie: `passbroker_browser=${'b'.repeat(43)}`,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    };
    return new Promise((resolve, reject) => {
      request(world.origin + path, { method: 'POST', headers }, (answer) => resolve(answer.resume().statusCode))
        .once('error', reject)
        .end(body);
    });
  }

  return { world: () => world, ask, choose, signsIn, cookieOf, post, postAsHost };
}
