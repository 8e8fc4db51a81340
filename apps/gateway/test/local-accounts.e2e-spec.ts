import { request } from 'node:http';
import { bindingHash } from '@passbroker/sign-in';
import { LEAKED, PASSWORD, startWorld, type World } from './world.js';

const NEW = 'seven purple tractors';

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

type Visitor = ReturnType<World['browser']>;

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

describe('registering', () => {
  it('takes an address, a letter, a name and a password, and ends signed in', async () => {
    const browser = world.browser();
    const sent = await ask(browser, 'register', 'zoe@acme.test');
    expect([sent.status, sent.text]).toEqual([200, expect.stringContaining('We have written to zoe@acme.test')]);
    expect(await world.catalog.byEmail('zoe@acme.test')).toBeUndefined();

    const link = await world.mail.linkTo('zoe@acme.test');
    const page = await choose(browser, link, { name: 'Zoe Doe' });
    expect(page.text).toContain('Hello, Zoe Doe');
    expect(await world.catalog.byEmail('zoe@acme.test')).toMatchObject({
      audience: 'users',
      admin: false,
      emails: [{ value: 'zoe@acme.test', verified: true }],
    });
    expect(world.events.map(({ action }) => action)).toEqual(['account.registered', 'sign_in.completed']);
    expect(await signsIn('zoe@acme.test', NEW)).toBe(true);
    expect(await signsIn('zoe@acme.test', 'not the password')).toBe(false);
  });

  it('goes back to the application that was to be signed in to, in the browser that began', async () => {
    const browser = world.browser();
    await browser.get('/login');
    const binding = cookieOf(browser, 'passbroker_browser');
    const transaction = await world.open(bindingHash(binding));
    await ask(browser, 'register', 'zoe@acme.test', `/sign-in/${transaction.id}`);
    const link = await world.mail.linkTo('zoe@acme.test');
    await browser.visit(link);
    const [form] = browser.page?.forms ?? [];
    if (!form) throw new Error('no form');
    const done = await browser.submit(
      form,
      { name: 'Zoe', password: NEW, repeated: NEW },
      { until: (next) => next.pathname.startsWith('/oidc/') },
    );
    expect(done.location?.pathname).toBe('/oidc/auth/walk-1');
    const { outcome } = await world.collect(transaction.id, binding);
    expect(outcome).toMatchObject({ admitted: true, methods: ['pwd'] });
  });

  it('is answered alike for an address that has an account and one that has none; the letters differ', async () => {
    const pages = await Promise.all(
      ['ann@acme.test', 'new@acme.test', 'ANN@Acme.test'].map(async (address) => {
        const page = await ask(world.browser(), 'register', address);
        return [page.status, page.body.replaceAll(address, 'NAME').replaceAll(/name="form_token" value="[^"]*"/g, '')];
      }),
    );
    expect(pages[1]).toEqual(pages[0]);
    expect(pages[2]).toEqual(pages[0]);
    const [known] = await world.mail.to('ann@acme.test');
    const [unknown] = await world.mail.to('new@acme.test');
    expect(known?.subject).toContain('You have an account');
    expect(known?.link).toBe(`${world.origin}/login`);
    expect(unknown?.link).toMatch(/\/register\/[\w-]{43}$/);
  });

  it('answers before anybody is looked up, so that time says nothing either', async () => {
    const { byEmail } = world.catalog;
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    world.catalog.byEmail = (email) => held.then(() => byEmail.call(world.catalog, email));
    // Were it waited for, this would never end.
    expect((await ask(world.browser(), 'register', 'ann@acme.test')).status).toBe(200);
    letGo();
    world.catalog.byEmail = byEmail;
    await world.mail.to('ann@acme.test');
  });

  it('by a link works once, for a day, on this brand, and is used up by no look at it', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    for (let look = 0; look < 3; look += 1) expect((await world.browser().visit(link)).status).toBe(200);
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
    const done = await choose(world.browser(), link, { name: 'Zoe' });
    expect(done.text).toContain('Hello, Zoe');
    expect((await world.browser().visit(link)).status).toBe(404);

    await ask(world.browser(), 'register', 'yan@acme.test');
    const late = await world.mail.linkTo('yan@acme.test');
    world.clock.advance(86_400);
    expect((await world.browser().visit(late)).text).toContain('no longer works');
    expect(world.refusals()).toEqual(['mailed_link.spent', 'mailed_link.spent']);
  });

  it('by twenty posts of one link makes one account', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    const posts = Array.from({ length: 20 }, (_, one) =>
      post(`${one % 2 ? world.origin : world.other}${link.pathname}`, {
        name: `Zoe ${one}`,
        password: NEW,
        repeated: NEW,
      }),
    );
    const statuses = (await Promise.all(posts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 404)).toHaveLength(19);
    expect([...world.catalog.accounts.values()].filter(({ name }) => name.startsWith('Zoe'))).toHaveLength(1);
  });

  it('in another browser than the one that asked ends at the start page, not in that one’s walk', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test', '/login?return_to=/elsewhere');
    const page = await choose(world.browser(), await world.mail.linkTo('zoe@acme.test'), { name: 'Zoe' });
    expect(page.url.pathname).toBe('/');
  });

  it.each([
    ['registration is closed', () => world.catalog.changeBrand(world.brand.id, { registration: 'closed' })],
    ['built-in accounts are off', () => world.catalog.changeUsersource('us_local-users', { enabled: false })],
    ['another usersource has automatic SSO', () => world.catalog.changeUsersource('us_intranet', { sso: 'automatic' })],
  ])('is neither shown nor taken where %s (I11)', async (_why, change) => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    change();
    const page = await world.browser().visit('/login?return_to=/', { until: () => true });
    expect(page.text).not.toContain('Create an account');
    expect((await world.browser().visit('/register')).status).toBe(404);
    expect((await post(`${world.origin}/register`, { email: 'yan@acme.test' })).status).toBe(404);
    expect((await world.browser().visit(link)).status).toBe(404);
    expect((await post(link.href, { name: 'Zoe', password: NEW, repeated: NEW })).status).toBe(404);
    expect(await world.catalog.byEmail('zoe@acme.test')).toBeUndefined();
    expect(await world.mail.nothing()).toBe(1);
  });

  it('is not for agents', async () => {
    expect((await world.browser().visit('/agent/register')).status).toBe(404);
    expect((await world.browser().visit('/agent/login')).text).not.toContain('Create an account');
  });

  // WEB-024
  it.each([
    'zoe@acme.test\r\nBcc: everybody@acme.test',
    'zoe@acme.test, bob@acme.test',
    'Zoe <zoe@acme.test>',
    'nobody',
    'zoë@acme.test',
    '',
  ])('refuses to write to %j', async (address) => {
    const answer = await post(`${world.origin}/register`, { email: address });
    expect([answer.status, await world.mail.nothing()]).toEqual([422, 0]);
  });

  it('writes three letters an hour to one mailbox, and says nothing of it', async () => {
    const answers = [];
    for (let one = 0; one < 6; one += 1)
      answers.push((await post(`${world.origin}/register`, { email: 'zoe@acme.test' })).status);
    expect(answers).toEqual([200, 200, 200, 200, 200, 200]);
    await world.mail.to('zoe@acme.test', 3);
    expect(await world.mail.nothing()).toBe(3);
  });

  it('of a list of addresses is slowed by address', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, one) => post(`${world.origin}/register`, { email: `u${one}@acme.test` })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  // LINK-005
  it('prepares no account for the owner of somebody else’s address', async () => {
    await ask(world.browser(), 'register', 'victim@acme.test');
    await world.mail.to('victim@acme.test');
    expect(await world.catalog.byEmail('victim@acme.test')).toBeUndefined();
    expect(await signsIn('victim@acme.test', NEW)).toBe(false);
    // Meanwhile the owner comes in by another way: the link has nothing left to make.
    world.catalog.addAccount('acc_victim', { emails: [{ value: 'victim@acme.test', verified: true }] });
    const link = await world.mail.linkTo('victim@acme.test');
    expect((await choose(world.browser(), link, { name: 'Mallory' })).status).toBe(404);
    expect(world.catalog.hashes.has('acc_victim')).toBe(false);
  });

  // WEB-001
  it('is not posted from another site', async () => {
    const answer = await post(
      `${world.origin}/register`,
      { email: 'zoe@acme.test' },
      { 'sec-fetch-site': 'cross-site' },
    );
    expect([answer.status, await world.mail.nothing()]).toEqual([403, 0]);
  });
});

// PWD-012
describe('a new password', () => {
  it.each([
    ['Password1', 'too short'],
    ['Password1234!', 'tried first'],
    ['qwertyuiop1234', 'easily guessed'],
    ['zoe@acme.test', 'hardly more than your own name'],
    ['Zoe-Doe-Zoe1', 'hardly more'],
    [LEAKED, 'published list'],
  ])('is not %s', async (password, why) => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    const fields = { name: 'Zoe-Doe-', password, repeated: password };
    const page = await choose(world.browser(), link, fields);
    expect([page.status, page.text]).toEqual([422, expect.stringContaining(why)]);
    expect(page.body).not.toContain(password === 'zoe@acme.test' ? 'value="zoe@acme.test" type="password"' : password);
    expect((await choose(world.browser(), link, { name: 'Zoe' })).text).toContain('Hello, Zoe');
  });

  it('is typed twice, and the name is a name', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    expect((await choose(world.browser(), link, { name: 'Zoe', repeated: `${NEW}!` })).text).toContain('two different');
    expect((await choose(world.browser(), link, { name: '  ' })).status).toBe(422);
    const xss = '<script>alert(1)</script>';
    const page = await choose(world.browser(), link, { name: xss, repeated: 'x' });
    expect(page.body).not.toContain('<script');
    expect((await choose(world.browser(), link, { name: xss })).body).not.toContain('<script');
  });

  // PWD-010
  it('of a megabyte is refused unread', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    const long = 'x1y2'.repeat(262_144);
    expect((await post(link.href, { name: 'Zoe', password: long, repeated: long })).status).toBe(413);
    expect((await post(link.href, { name: 'Zoe', password: long.slice(0, 2_000), repeated: '' })).status).toBe(422);
  });
});

describe('a lost password', () => {
  it('is replaced by who reads the mailbox; everybody is signed out and told', async () => {
    const thief = world.browser();
    const [form] = (await thief.visit('/login')).forms;
    if (!form) throw new Error('no form');
    expect((await thief.submit(form, { username: 'ann@acme.test', password: PASSWORD })).text).toContain('Hello, Ann');

    const browser = world.browser();
    await ask(browser, 'lost-password', 'ann@acme.test');
    const done = await choose(browser, await world.mail.linkTo('ann@acme.test'));
    expect(done.text).toContain('Your password is changed');
    expect((await thief.visit('/')).text).toContain('You are not signed in');
    // Not signed in by the letter alone: whoever has it still has to know what was chosen.
    expect((await browser.visit('/')).text).toContain('You are not signed in');
    expect([await signsIn('ann@acme.test', PASSWORD), await signsIn('ann@acme.test', NEW)]).toEqual([false, true]);
    const letters = await world.mail.to('ann@acme.test', 2);
    expect(letters.at(-1)?.subject).toContain('was changed');
    expect(world.events.map(({ action }) => action)).toContain('password.changed');
  });

  it('ends every session, also behind more of them than anybody lists', async () => {
    const thief = world.browser();
    const [form] = (await thief.visit('/login')).forms;
    if (!form) throw new Error('no form');
    await thief.submit(form, { username: 'ann@acme.test', password: PASSWORD });
    for (let one = 0; one < 110; one += 1) {
      const opened = await post(`${world.origin}/login`, { username: 'ann@acme.test', password: PASSWORD });
      expect(opened.status).toBe(303);
    }
    expect(await world.sessions()).toHaveLength(111);
    await ask(world.browser(), 'lost-password', 'ann@acme.test');
    await choose(world.browser(), await world.mail.linkTo('ann@acme.test'));
    expect(await world.sessions()).toEqual([]);
    expect((await thief.visit('/')).text).toContain('You are not signed in');
  });

  // PWD-001
  it('is asked for alike by names that exist, that do not, and that have none', async () => {
    world.catalog.addAccount('acc_bea', { emails: [{ value: 'bea@acme.test', verified: true }] });
    world.catalog.addAccount('acc_off', { disabled: true, emails: [{ value: 'off@acme.test', verified: true }] }, 'x');
    const names = ['ann@acme.test', 'nobody@acme.test', 'bea@acme.test', 'off@acme.test', 'gus'];
    const pages = await Promise.all(
      names.map(async (name) => {
        const page = await ask(world.browser(), 'lost-password', name);
        return [page.status, page.body.replaceAll(name, 'NAME')];
      }),
    );
    expect(new Set(pages.map((page) => JSON.stringify(page))).size).toBe(1);
    expect((await world.mail.to('ann@acme.test'))[0]?.link).toMatch(/\/lost-password\/[\w-]{43}$/);
    expect((await world.mail.to('bea@acme.test'))[0]?.text).toContain('has none');
    expect(await world.mail.nothing()).toBe(2);
  });

  it('writes to proven addresses only', async () => {
    world.catalog.addAccount(
      'acc_bea',
      { username: 'bea', emails: [{ value: 'bea@acme.test', verified: false }] },
      'x',
    );
    await ask(world.browser(), 'lost-password', 'bea@acme.test');
    await ask(world.browser(), 'lost-password', 'bea');
    expect(await world.mail.nothing()).toBe(0);
  });

  // PWD-014
  it('has its link on the brand’s own origin, whatever host the request names', async () => {
    await post(
      `${world.other}/lost-password`,
      { username: 'ann@acme.test' },
      {
        'x-forwarded-host': 'evil.test',
        forwarded: 'host=evil.test',
        'x-forwarded-proto': 'https',
        'x-original-host': 'evil.test',
      },
    );
    const [letter] = await world.mail.to('ann@acme.test');
    expect(letter?.link).toMatch(new RegExp(`^${world.origin}/lost-password/`));
    expect(`${letter?.text}${letter?.html}`).not.toContain('evil.test');
    expect(await postAsHost('evil.test', '/lost-password', 'username=ann%40acme.test')).toBe(404);
    const { host } = new URL(world.origin);
    expect(await postAsHost(host, '/lost-password', 'username=nobody%40acme.test')).toBe(200);
    expect(await world.mail.nothing()).toBe(1);
  });

  // PWD-015
  it('cannot be set without the letter', async () => {
    const browser = world.browser();
    await ask(browser, 'lost-password', 'ann@acme.test');
    const made = 'A'.repeat(43);
    for (const path of [
      `/lost-password/${made}`,
      '/lost-password/set',
      `/lost-password/${world.catalog.hashes.get('acc_ann')?.slice(-20)}`,
    ]) {
      const answer = await post(world.origin + encodeURI(path), {
        password: NEW,
        repeated: NEW,
        account: 'acc_ann',
        email: 'ann@acme.test',
      });
      expect([400, 404]).toContain(answer.status);
    }
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const { pathname } = await world.mail.linkTo('zoe@acme.test');
    const other = await post(`${world.origin}${pathname.replace('register', 'lost-password')}`, {
      password: NEW,
      repeated: NEW,
    });
    expect(other.status).toBe(404);
    expect(await signsIn('ann@acme.test', PASSWORD)).toBe(true);
    // The positive control: the link that was sent.
    expect((await choose(browser, await world.mail.linkTo('ann@acme.test'))).status).toBe(200);
  });

  it('is changed once by one link: neither a second use nor an older letter works', async () => {
    for (let one = 0; one < 2; one += 1) await ask(world.browser(), 'lost-password', 'ann@acme.test');
    const letters = await world.mail.to('ann@acme.test', 2);
    const [older, newer] = letters.map(({ link }) => new URL(link ?? ''));
    if (!older || !newer) throw new Error('two letters');
    expect((await choose(world.browser(), newer)).status).toBe(200);
    expect((await world.browser().visit(newer)).status).toBe(404);
    expect((await world.browser().visit(older)).status).toBe(404);
    expect(
      (await post(older.href, { password: 'another six word sentence', repeated: 'another six word sentence' })).status,
    ).toBe(404);
    expect(await signsIn('ann@acme.test', NEW)).toBe(true);
  });

  it('of twenty posts of one link at once one wins', async () => {
    await ask(world.browser(), 'lost-password', 'ann@acme.test');
    const { pathname } = await world.mail.linkTo('ann@acme.test');
    const posts = Array.from({ length: 20 }, (_, one) => {
      const password = `seven purple tractors ${one}`;
      return post(`${one % 2 ? world.origin : world.other}${pathname}`, { password, repeated: password });
    });
    const statuses = (await Promise.all(posts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('is not waited for longer than half an hour, nor by an account switched off meanwhile', async () => {
    await ask(world.browser(), 'lost-password', 'ann@acme.test');
    const link = await world.mail.linkTo('ann@acme.test');
    world.catalog.changeAccount('acc_ann', { disabled: true });
    expect((await world.browser().visit(link)).status).toBe(404);
    world.catalog.changeAccount('acc_ann', { disabled: false });
    expect((await world.browser().visit(link)).status).toBe(200);
    world.clock.advance(1_800);
    expect((await world.browser().visit(link)).status).toBe(404);
  });

  it('of an agent is found at the agents’ door, and the letter leads there', async () => {
    world.catalog.changeAccount('acc_gus', { emails: [{ value: 'gus@acme.test', verified: true }] });
    await ask(world.browser(), 'lost-password', 'gus', '/agent/login');
    const link = await world.mail.linkTo('gus@acme.test');
    expect(link.pathname).toMatch(/^\/agent\/lost-password\//);
    const portal = new URL(link.href.replace('/agent/', '/'));
    expect((await world.browser().visit(portal)).status).toBe(404);
    await choose(world.browser(), link);
    expect(await signsIn('gus', NEW, '/agent/login')).toBe(true);
  });

  it('is not to be found where the form is not: built-in accounts off, or automatic SSO', async () => {
    world.catalog.changeUsersource('us_local-users', { enabled: false });
    expect((await world.browser().visit('/lost-password')).status).toBe(404);
    expect((await post(`${world.origin}/lost-password`, { username: 'ann@acme.test' })).status).toBe(404);
    world.catalog.changeUsersource('us_local-users', { enabled: true });
    world.catalog.changeUsersource('us_intranet', { sso: 'automatic' });
    expect((await world.browser().visit('/lost-password')).status).toBe(404);
    expect((await world.browser().visit('/agent/lost-password')).status).toBe(200);
    expect(await world.mail.nothing()).toBe(0);
  });

  it('leaves no secret in the log or in Redis, and none in a page', async () => {
    await ask(world.browser(), 'lost-password', 'ann@acme.test');
    const link = await world.mail.linkTo('ann@acme.test');
    const token = link.pathname.split('/').at(-1) ?? '';
    const stored = await Promise.all(
      (await world.redis.keys('*')).map(async (key) => `${key} ${await world.redis.get(key).catch(() => '')}`),
    );
    expect(stored.join('\n')).toContain('mailed-link:lost_password:');
    expect(stored.join('\n')).not.toContain(token);
    await choose(world.browser(), link);
    expect(world.lines.join('\n')).toContain('/lost-password/:link');
    for (const secret of [token, NEW, 'ann@acme.test']) expect(world.lines.join('\n')).not.toContain(secret);
    expect(JSON.stringify(world.events)).not.toContain(token);
  });
});

describe('changing a password', () => {
  async function signedIn(name = 'ann@acme.test', path = '/login') {
    const browser = world.browser();
    const [form] = (await browser.visit(path)).forms;
    if (!form) throw new Error('no form');
    await browser.submit(form, { username: name, password: PASSWORD });
    return browser;
  }
  async function change(browser: Visitor, fields: Record<string, string> = {}, path = '/change-password') {
    const [form] = (await browser.visit(path)).forms;
    if (!form) throw new Error('no form');
    return browser.submit(form, { old_password: PASSWORD, password: NEW, repeated: NEW, ...fields });
  }

  it('takes the old one; this browser stays signed in under a new id, all others do not', async () => {
    const [here, elsewhere] = [await signedIn(), await signedIn()];
    const old = cookieOf(here, 'passbroker_session');
    expect((await change(here)).text).toContain('Your password is changed');
    expect((await here.visit('/')).text).toContain('Hello, Ann');
    expect((await elsewhere.visit('/')).text).toContain('You are not signed in');
    expect(cookieOf(here, 'passbroker_session')).not.toBe(old);
    const copied = await fetch(`${world.origin}/`, { headers: { cookie: `passbroker_session=${old}` } });
    expect(await copied.text()).toContain('You are not signed in');
    expect([await signsIn('ann@acme.test', PASSWORD), await signsIn('ann@acme.test', NEW)]).toEqual([false, true]);
    expect((await world.mail.to('ann@acme.test'))[0]?.subject).toContain('was changed');
  });

  it('is not done by an unlocked screen: a wrong old one is counted, ten times', async () => {
    const browser = await signedIn();
    for (let one = 0; one < 10; one += 1)
      expect((await change(browser, { old_password: `guess ${one}` })).status).toBe(422);
    expect((await change(browser)).status).toBe(429);
    expect(await signsIn('ann@acme.test', PASSWORD)).toBe(true);
    expect(await world.mail.nothing()).toBe(0);
  });

  it('is refused the same one again, and a common one', async () => {
    const browser = await signedIn();
    expect((await change(browser, { password: PASSWORD, repeated: PASSWORD })).status).toBe(422);
    const page = await change(browser, { password: 'Password1234', repeated: 'Password1234' });
    expect([page.status, page.text]).toEqual([422, expect.stringContaining('tried first')]);
  });

  it('makes links in older letters worthless', async () => {
    await ask(world.browser(), 'lost-password', 'ann@acme.test');
    const link = await world.mail.linkTo('ann@acme.test');
    await change(await signedIn());
    expect((await world.browser().visit(link)).status).toBe(404);
  });

  it('needs somebody who is signed in with an account that has one', async () => {
    const nobody = world.browser();
    const page = await nobody.visit('/change-password');
    expect([page.url.pathname, page.url.searchParams.get('return_to')]).toEqual(['/login', '/change-password']);
    const posted = await post(`${world.origin}/change-password`, {
      old_password: PASSWORD,
      password: NEW,
      repeated: NEW,
    });
    expect([posted.status, posted.headers.get('location')]).toEqual([303, expect.stringContaining('/login')]);
    const browser = await signedIn();
    world.catalog.hashes.delete('acc_ann');
    expect((await browser.visit('/change-password')).status).toBe(403);
  });

  it('is done by agents on their own pages', async () => {
    const browser = await signedIn('gus', '/agent/login');
    const page = await browser.visit('/change-password');
    expect(page.url.pathname).toBe('/agent/change-password');
    expect((await change(browser)).status).toBe(200);
    expect(await signsIn('gus', NEW, '/agent/login')).toBe(true);
  });

  it('is not offered where built-in accounts are not, also to who is signed in (I11)', async () => {
    const browser = await signedIn();
    world.catalog.changeUsersource('us_intranet', { sso: 'automatic' });
    expect((await browser.visit('/change-password')).status).toBe(404);
  });
});

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
