import { bindingHash } from '@passbroker/sign-in';
import { NEW, passwordWorld } from './password-world.js';
import { LEAKED, type World } from './world.js';

const here = passwordWorld();
const { ask, choose, signsIn, cookieOf, post } = here;
let world: World;
beforeAll(() => {
  world = here.world();
});

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

describe('a new password (PWD-012)', () => {
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

  it('of a megabyte is refused unread (PWD-010)', async () => {
    await ask(world.browser(), 'register', 'zoe@acme.test');
    const link = await world.mail.linkTo('zoe@acme.test');
    const long = 'x1y2'.repeat(262_144);
    expect((await post(link.href, { name: 'Zoe', password: long, repeated: long })).status).toBe(413);
    expect((await post(link.href, { name: 'Zoe', password: long.slice(0, 2_000), repeated: '' })).status).toBe(422);
  });
});
