import { multipassUrl, PASSWORD, startWorld, type World } from './second-factor-world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  // Whoever came by a usersource is forgotten; Ann stays, without her links.
  const { links } = world.catalog;
  links.splice(0, links.length, ...links.filter((link) => link.account !== 'acc_ann'));
  await world.forget();
  // What the intranet said of her goes, too.
  world.catalog.changeAccount('acc_ann', { name: 'Ann', emails: [{ value: 'ann@acme.test', verified: true }] });
  world.demand('none');
});

type Browser = ReturnType<World['browser']>;

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1';

async function signedIn(agent = FIREFOX, path = '/login', username = 'ann@acme.test'): Promise<Browser> {
  const browser = world.browser({ 'user-agent': agent });
  const page = await browser.visit(path);
  await browser.submit(page.form('Password'), { 'E-mail or username': username, Password: PASSWORD });
  return browser;
}
const account = async (browser: Browser) => (await browser.visit('/account')).text;
const session = (browser: Browser): string =>
  /passbroker_session=([^;]+)/.exec(
    browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true }),
  )?.[1] ?? '';
/** Links the intranet's `uid` to whoever is signed in, up to the question. */
async function proveLink(browser: Browser, uid: string) {
  const page = await browser.visit('/account');
  await browser.submit(page.form('Link'), {}, { until: (url) => url.host === 'www.acme.test' });
  return browser.visit(multipassUrl(world, uid));
}

describe('somebody’s own account', () => {
  it('is shown to them, and to nobody else', async () => {
    expect((await world.browser().get('/account')).location?.href).toBe(`${world.origin}/login?return_to=%2Faccount`);
    const text = await account(await signedIn());
    for (const part of ['Ann', 'ann@acme.test', 'confirmed', 'Two-step sign-in', 'Where you are signed in']) {
      expect(text).toContain(part);
    }
  });

  it('is an agent’s, too, in the agent’s own session', async () => {
    const browser = await signedIn(FIREFOX, '/agent/login', 'gus');
    expect(await account(browser)).toContain('Gus');
    expect(browser.page?.url.pathname).toBe('/agent/account');
    expect((await browser.visit('/agent/')).links.map(({ href }) => new URL(href).pathname)).toContain(
      '/agent/account',
    );
  });

  it('leads an agent whose session is over to the agents’ door and back, and a user to theirs', async () => {
    const browser = await signedIn(FIREFOX, '/agent/login', 'gus');
    await browser.visit('/account');
    await world.redis.flushall();
    const page = await browser.visit(browser.page?.url ?? '');
    expect([page.url.pathname, page.url.searchParams.get('return_to')]).toEqual(['/agent/login', '/agent/account']);
    await browser.submit(page.form('Password'), { 'E-mail or username': 'gus', Password: PASSWORD });
    expect([browser.page?.url.pathname, browser.page?.text.includes('Gus')]).toEqual(['/agent/account', true]);
    const ann = await signedIn();
    expect((await ann.get('/agent/account')).location?.pathname).toBe('/agent/login');
  });

  it('leads to the password page where built-in accounts are offered, and nowhere else', async () => {
    const browser = await signedIn();
    expect((await browser.visit('/account')).links.map(({ text }) => text)).toContain('Change your password');
    world.catalog.changeUsersource('us_local-users', { display: 'hidden' });
    const hidden = (await browser.visit('/account')).links.map(({ text }) => text);
    world.catalog.changeUsersource('us_local-users', { display: 'form' });
    expect(hidden).not.toContain('Change your password');
  });
});

describe('sessions', () => {
  it('are listed by device, the newest first, this one marked', async () => {
    await signedIn(PHONE);
    world.clock.advance(1);
    const text = await account(await signedIn(FIREFOX));
    expect(text).toMatch(/Firefox, Linux This browser .* Safari, iOS Last used/);
  });

  it('end at the other browser’s next request, on the other gateway too', async () => {
    const phone = await signedIn(PHONE);
    const here = await signedIn();
    const page = await here.visit('/account');
    const cookie = `passbroker_session=${session(phone)}`;
    const there = () => fetch(`${world.other}/account`, { headers: { cookie }, redirect: 'manual' });
    expect((await there()).status).toBe(200);
    await here.submit(
      page.forms.find(({ fields }) => /^[A-Za-z0-9_-]{24}$/.test(fields['session'] ?? '')) ?? page.form('session'),
    );
    expect((await there()).status).toBe(303);
    expect(await account(here)).not.toContain('Safari, iOS');
    expect((await here.get('/')).text).toContain('Hello, Ann');
  });

  it('end everywhere else at once', async () => {
    const others = [await signedIn(PHONE), await signedIn(PHONE)];
    const here = await signedIn();
    await here.visit('/account');
    await here.click('Sign out everywhere else');
    for (const one of others) expect((await one.get('/')).text).not.toContain('Hello, Ann');
    expect((await here.get('/')).text).toContain('Hello, Ann');
    expect(await world.sessions()).toHaveLength(1);
  });

  it('of another person cannot be ended by their handle', async () => {
    const agent = await signedIn(PHONE, '/agent/login', 'gus');
    const [key] = await world.sessions();
    const { id } = JSON.parse((await world.redis.get(key ?? '')) ?? '{}') as { id: string };
    const ann = await signedIn();
    const page = await ann.visit('/account');
    await ann.post('/account/sessions/end', { form_token: tokenOf(page.body), session: id });
    expect((await agent.get('/agent/')).text).toContain('Hello, Gus');
  });

  it('are no more than the policy allows: the oldest goes', async () => {
    const { users, agents } = world.brand.audiences;
    world.catalog.changeBrand(world.brand.id, { audiences: { users: { ...users, sessionsPerAccount: 2 }, agents } });
    const browsers: Browser[] = [];
    for (let one = 0; one < 3; one += 1) {
      browsers.push(await signedIn());
      world.clock.advance(1);
    }
    const open = await Promise.all(browsers.map(async (one) => (await one.get('/')).text.includes('Hello, Ann')));
    expect(open).toEqual([false, true, true]);
  });

  it('are not taken out of the list by a sign-in in a browser that had one', async () => {
    const browser = await signedIn();
    const page = await browser.visit('/account/confirm?return_to=/account');
    await browser.submit(page.form('Password'), { 'E-mail or username': 'ann@acme.test', Password: PASSWORD });
    expect(browser.page?.text.match(/Firefox, Linux/g)).toHaveLength(1);
  });
});

describe('linking by the owner', () => {
  it('asks whose it is, then links, and opens the account by it from then on', async () => {
    const browser = await signedIn();
    const before = session(browser);
    const question = await proveLink(browser, 'annie');
    expect(question.text).toContain('Link Acme intranet to your account?');
    expect(question.text).toContain('Person annie, annie@acme.test');
    await browser.click('Link');
    expect(world.catalog.links).toEqual([
      { usersource: 'us_intranet', subject: 'annie', account: 'acc_ann', createdBy: 'owner' },
    ]);
    // SESS-001: a new id at linking, too.
    expect(session(browser)).not.toBe(before);
    const other = world.browser();
    await other.visit(multipassUrl(world, 'annie'));
    expect((await other.get('/')).text).toContain('Hello,');
    expect(await world.redis.keys('session:*')).toHaveLength(2);
  });

  it('links nothing when the owner says no', async () => {
    const browser = await signedIn();
    await proveLink(browser, 'annie');
    await browser.click('Do not link');
    expect(world.catalog.links).toEqual([]);
  });

  it('LINK-010: needs a fresh proof to begin, and an attacker’s own message links nothing unasked', async () => {
    const browser = await signedIn();
    const page = await browser.visit('/account');
    world.clock.advance(660);
    const stale = await browser.submit(page.form('Link'));
    expect([stale.url.pathname, stale.text.includes('Please confirm')]).toEqual(['/account/confirm', true]);
    // A message that nobody asked for signs its sender in after a question; it never links.
    await browser.visit(multipassUrl(world, 'mallory'));
    expect(world.catalog.links.filter(({ account: holder }) => holder === 'acc_ann')).toEqual([]);
  });

  it('LINK-010: takes no cross-site post', async () => {
    const browser = await signedIn();
    const answer = await fetch(`${world.origin}/account/link`, {
      method: 'POST',
      body: new URLSearchParams({ usersource: 'intranet' }),
      headers: { cookie: `passbroker_session=${session(browser)}`, 'sec-fetch-site': 'cross-site' },
      redirect: 'manual',
    });
    expect(answer.status).toBe(403);
  });

  it('LINK-011: takes a proof once, in its own browser and its own session', async () => {
    const browser = await signedIn();
    const question = await proveLink(browser, 'annie');
    const stranger = await signedIn(PHONE);
    expect((await stranger.get(question.url)).status).toBe(400);
    const { fields } = question.form('Link');
    await browser.post(question.url, { ...fields, answer: 'yes' });
    expect(world.catalog.links).toHaveLength(1);
    world.catalog.links.length = 0;
    const again = await browser.post(question.url, { ...fields, answer: 'yes' });
    expect([again.status, world.catalog.links]).toEqual([400, []]);
  });

  it('LINK-012: does not take what is somebody else’s already', async () => {
    const other = world.browser();
    await other.visit(multipassUrl(world, 'jane'));
    const browser = await signedIn();
    const question = await proveLink(browser, 'jane');
    const refused = await browser.submit(question.form('Link'));
    expect(refused.status).toBe(403);
    expect(world.catalog.links.filter(({ account: holder }) => holder === 'acc_ann')).toEqual([]);
  });

  it('LINK-013: links nothing through a usersource that was switched off meanwhile, or is not offered', async () => {
    const browser = await signedIn();
    const question = await proveLink(browser, 'annie');
    world.catalog.changeUsersource('us_intranet', { enabled: false });
    const refused = await browser.submit(question.form('Link'));
    const page = await browser.visit('/account');
    world.catalog.changeUsersource('us_intranet', { enabled: true });
    expect(refused.status).toBe(403);
    expect(page.text).not.toContain('Not linked');
    expect(world.catalog.links).toEqual([]);
  });

  it('LINK-016: takes a link away, and with it the sessions it opened; but never the last way in', async () => {
    const browser = await signedIn();
    await proveLink(browser, 'annie');
    await browser.click('Link');
    const byLink = world.browser();
    await byLink.visit(multipassUrl(world, 'annie'));
    expect((await byLink.get('/')).text).toContain('Hello,');
    await browser.visit('/account');
    await browser.click('Unlink');
    expect(world.catalog.links).toEqual([]);
    expect((await byLink.get('/')).text).not.toContain('Hello,');

    const only = world.browser();
    await only.visit(multipassUrl(world, 'lone'));
    await only.visit('/account');
    const kept = await only.click('Unlink');
    expect([kept.status, kept.text.includes('your last way to sign in')]).toEqual([409, true]);
    expect(world.catalog.links).toHaveLength(1);
  });
});

const tokenOf = (body: string): string => /name="form_token" value="([^"]+)"/.exec(body)?.[1] ?? '';
