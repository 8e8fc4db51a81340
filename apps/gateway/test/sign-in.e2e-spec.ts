import { bindingHash } from '@passbroker/sign-in';
import { KEYS, PASSWORD, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

type Browser = ReturnType<World['browser']>;

const cookieOf = (browser: Browser, name: string): string | undefined => {
  const header = browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true });
  return new RegExp(`${name}=([^;]+)`).exec(header)?.[1];
};

async function bound(): Promise<{ browser: Browser; binding: string }> {
  const browser = world.browser();
  await browser.visit('/signed-out');
  return { browser, binding: cookieOf(browser, 'passbroker_browser') ?? '' };
}

async function signIn(browser: Browser, path = '/login', username = 'ann@acme.test', password = PASSWORD) {
  const page = await browser.visit(`${world.origin}${path}`);
  const [form] = page.forms;
  if (!form) throw new Error(`no form: ${page.text}`);
  return browser.submit(form, { 'E-mail or username': username, Password: password }, { until: isOidc });
}
const isOidc = (url: URL): boolean => url.pathname.startsWith('/oidc/');

describe('an application’s walk', () => {
  it('leads through the form to a sealed outcome that is collected once', async () => {
    const { browser, binding } = await bound();
    const walk = await world.open(bindingHash(binding));
    const page = await signIn(browser, `/sign-in/${walk.id}`);
    expect(page.location?.href).toBe(`${world.origin}/oidc/auth/walk-1`);
    const { outcome } = await world.collect(walk.id, binding);
    expect(outcome).toMatchObject({
      admitted: true,
      account: 'acc_ann',
      usersource: 'us_local-users',
      methods: ['pwd'],
    });
    await expect(world.collect(walk.id, binding)).rejects.toMatchObject({ code: 'transaction.expired' });
  });

  it('WEB-009: names the application and lets the post end at its registered origin only', async () => {
    const { browser, binding } = await bound();
    const walk = await world.open(bindingHash(binding));
    const page = await browser.visit(`/sign-in/${walk.id}`);
    expect(page.text).toContain('to continue to Help desk');
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https://desk.acme.test;");
  });

  it('needs no second password, unless the application insists', async () => {
    const { browser, binding } = await bound();
    await signIn(browser);
    const again = await world.open(bindingHash(binding));
    expect((await browser.get(`${world.origin}/sign-in/${again.id}`)).location?.pathname).toBe('/oidc/auth/walk-1');
    const fresh = await world.open(bindingHash(binding), { forceFresh: true });
    expect((await browser.get(`${world.origin}/sign-in/${fresh.id}`)).text).toContain('confirm that it is you');
    world.clock.advance(600);
    const aged = await world.open(bindingHash(binding), { maxAge: 300 });
    expect((await browser.get(`${world.origin}/sign-in/${aged.id}`)).status).toBe(200);
  });

  it('hears that nobody is signed in when no page may be shown', async () => {
    const { browser, binding } = await bound();
    const walk = await world.open(bindingHash(binding), { silent: true });
    expect((await browser.get(`/sign-in/${walk.id}`)).status).toBe(303);
    expect((await world.collect(walk.id, binding)).outcome).toMatchObject({ admitted: false, error: 'login_required' });
  });

  it('ends with a refusal for an application that was switched off', async () => {
    const { browser, binding } = await bound();
    await signIn(browser);
    world.catalog.changeApplication(world.application.id, { enabled: false });
    const walk = await world.open(bindingHash(binding));
    await browser.get(`${world.origin}/sign-in/${walk.id}`);
    expect((await world.collect(walk.id, binding)).outcome).toMatchObject({ code: 'application.disabled' });
    world.catalog.changeApplication(world.application.id, { enabled: true });
  });

  it('SESS-002: cannot be finished by another browser', async () => {
    const { binding } = await bound();
    const walk = await world.open(bindingHash(binding));
    const stranger = await bound();
    const page = await stranger.browser.get(`/sign-in/${walk.id}`);
    expect([page.status, world.refusals()]).toEqual([400, ['transaction.other_browser']]);
  });

  it('asks agents by the agents’ form', async () => {
    const { browser, binding } = await bound();
    const walk = await world.open(bindingHash(binding), {}, { audience: 'agents' });
    expect((await signIn(browser, `/sign-in/${walk.id}`, 'ann@acme.test')).status).toBe(422);
    expect((await signIn(browser, `/sign-in/${walk.id}`, 'gus')).location?.pathname).toBe('/oidc/auth/walk-1');
  });
});

describe('a session', () => {
  it('SESS-001: has a new id at every sign-in, and ends the old one', async () => {
    const { browser } = await bound();
    browser.cookies.set(`passbroker_session=${'A'.repeat(43)}; Path=/`, new URL(world.origin));
    await signIn(browser);
    const first = cookieOf(browser, 'passbroker_session');
    expect(first).not.toBe('A'.repeat(43));
    const { binding } = { binding: cookieOf(browser, 'passbroker_browser') ?? '' };
    const walk = await world.open(bindingHash(binding), { forceFresh: true });
    await signIn(browser, `/sign-in/${walk.id}`);
    expect(cookieOf(browser, 'passbroker_session')).not.toBe(first);
    expect(await world.sessions()).toHaveLength(1);
  });

  it('SESS-006: is not to be read out of Redis', async () => {
    const { browser } = await bound();
    await signIn(browser);
    const cookie = cookieOf(browser, 'passbroker_session') ?? '';
    expect(cookie).toHaveLength(43);
    for (const key of await world.redis.keys('*')) {
      expect(key).not.toContain(cookie);
      if ((await world.redis.type(key)) === 'string') expect(await world.redis.get(key)).not.toContain(cookie);
    }
  });

  it('holds for both gateways, and for no longer than policy says', async () => {
    const { browser } = await bound();
    await signIn(browser);
    const cookie = `passbroker_session=${cookieOf(browser, 'passbroker_session')}`;
    const at = async (origin: string) => (await fetch(`${origin}/`, { headers: { cookie } })).text();
    expect(await at(world.other)).toContain('Hello, Ann');
    world.clock.advance(28_799);
    expect(await at(world.other)).toContain('Hello, Ann');
    world.clock.advance(28_801);
    expect(await at(world.origin)).not.toContain('Hello, Ann');
  });

  it('a brand where nobody can sign in yet says so kindly, and tells the log what is missing', async () => {
    world.catalog.changeBrand(world.brand.id, { guestAccess: false });
    world.catalog.changeUsersource('us_local-users', { enabled: false });
    world.catalog.changeUsersource('us_intranet', { enabled: false });
    const page = await world.browser().visit('/');
    const login = await world.browser().visit('/login');
    world.catalog.changeUsersource('us_local-users', { enabled: true });
    world.catalog.changeUsersource('us_intranet', { enabled: true });
    const closed = await world.browser().visit('/');
    world.catalog.changeBrand(world.brand.id, { guestAccess: true });
    expect([page.status, page.text.includes('Nothing is set up here yet')]).toEqual([200, true]);
    expect(page.text).not.toMatch(/Reference|usersource|passbroker/);
    expect(world.lines.some((line) => line.includes('POST /v1/usersources'))).toBe(true);
    expect(login.status).toBe(503);
    expect([closed.status, closed.forms.length]).toEqual([200, 1]);
  });

  it('is worth nothing once its account or brand is switched off', async () => {
    const { browser } = await bound();
    await signIn(browser);
    world.catalog.changeAccount('acc_ann', { disabled: true });
    expect((await browser.visit(`${world.origin}/`)).text).not.toContain('Hello');
    world.catalog.changeAccount('acc_ann', { disabled: false });
    expect((await browser.visit('/')).text).toContain('Hello');
    world.catalog.changeBrand(world.brand.id, { enabled: false });
    expect((await browser.visit('/')).status).toBe(404);
    world.catalog.changeBrand(world.brand.id, { enabled: true });
  });

  it('of a user opens no agent page; that of an agent opens the portal, and admin pages to admins only', async () => {
    const user = (await bound()).browser;
    await signIn(user);
    expect((await user.visit(`${world.origin}/agent/`)).text).toContain('Agent sign-in');
    const agent = (await bound()).browser;
    await signIn(agent, '/agent/', 'gus');
    expect((await agent.visit(`${world.origin}/agent/deep/path`)).text).toContain('Hello, Gus');
    expect((await agent.visit(`${world.origin}/`)).text).toContain('Hello, Gus');
    expect((await agent.visit(`${world.origin}/admin/`)).status).toBe(403);
    const admin = (await bound()).browser;
    expect((await signIn(admin, '/admin/some/page', 'root')).url.pathname).toBe('/admin/some/page');
  });

  it('costs one Redis command to look at', async () => {
    const { browser } = await bound();
    await signIn(browser);
    const before = await commands();
    await browser.visit(`${world.origin}/`);
    await browser.visit(`${world.origin}/`);
    expect((await commands()) - before).toBe(2);
  });
});

async function commands(): Promise<number> {
  const stats = await world.redis.info('commandstats');
  return [...stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)]
    .filter(([, name]) => !['info', 'ping', 'client|setinfo', 'hello', 'auth', 'select'].includes(name ?? ''))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0);
}

describe('automatic SSO', () => {
  const on = () => world.catalog.changeUsersource('us_intranet', { sso: 'automatic' });
  const off = () => world.catalog.changeUsersource('us_intranet', { sso: 'none' });
  beforeEach(on);
  afterEach(off);

  it('sends people to the company at once, and posts of the hidden form are refused', async () => {
    const { browser, binding } = await bound();
    const walk = await world.open(bindingHash(binding));
    expect((await browser.get(`/sign-in/${walk.id}`)).location?.host).toBe('www.acme.test');
    await browser.visit(`${world.origin}/signed-out`);
    const page = await browser.post('/login', { username: 'ann@acme.test', password: PASSWORD });
    expect([page.status, world.refusals()]).toEqual([403, ['usersource.not_offered']]);
  });

  it('stops after an error, after a sign-out, and after going round three times', async () => {
    const { browser } = await bound();
    await browser.get('/sso/intranet/multipass?multipass=AAAA&signature=AAAA');
    expect((await browser.get('/login')).text).toContain('That did not work');
    await browser.visit(`${world.origin}/logout`);
    expect((await browser.get('/login')).text).toContain('You are signed out');
    const rounds: number[] = [];
    for (let round = 0; round < 4; round += 1) rounds.push((await browser.get('/login')).status);
    expect(rounds).toEqual([303, 303, 303, 200]);
    expect(browser.page?.text).toContain('back and forth');
  });

  it('is not begun by a script, a picture or a prefetch', async () => {
    const kinds: Record<string, string>[] = [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' },
      { 'sec-purpose': 'prefetch' },
    ];
    for (const headers of kinds) {
      expect((await world.browser(headers).get('/login')).status).toBe(401);
    }
  });

  it('can be passed by on agents’ pages only', async () => {
    const { browser } = await bound();
    expect((await browser.get('/login?sso=off')).status).toBe(303);
    await world.catalog.addMultipass(world.brand, 'staff', world.identity, KEYS, {
      audience: 'agents',
      sso: 'automatic',
    });
    expect((await browser.get(`${world.origin}/agent/`)).location?.host).toBe('www.acme.test');
    const page = await browser.get(`${world.origin}/agent/?sso=off`);
    expect(page.forms).toHaveLength(1);
    const [form] = page.forms;
    if (form) await browser.submit(form, { username: 'gus', password: PASSWORD });
    expect(browser.page?.text).toContain('Hello, Gus');
    world.catalog.changeUsersource('us_staff', { enabled: false });
  });
});

describe('WEB-001: cross-site requests', () => {
  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.test' }],
  ])('cannot post the form: %j', async (headers) => {
    const { browser } = await bound();
    const page = await browser.post('/login', { username: 'ann@acme.test', password: PASSWORD }, { headers });
    expect([page.status, world.refusals()]).toEqual([403, ['request.cross_site']]);
    expect(await world.sessions()).toEqual([]);
  });

  it('cannot post without the browser’s own cookie, nor without saying where they come from', async () => {
    const body = new URLSearchParams({ username: 'ann@acme.test', password: PASSWORD });
    expect((await fetch(`${world.origin}/login`, { method: 'POST', body, redirect: 'manual' })).status).toBe(403);
    const { binding } = await bound();
    const headers = { cookie: `passbroker_browser=${binding}` };
    expect((await fetch(`${world.origin}/login`, { method: 'POST', body, headers, redirect: 'manual' })).status).toBe(
      403,
    );
  });
});
