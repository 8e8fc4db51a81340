import { NEW, passwordWorld } from './password-world.js';
import { PASSWORD, type World } from './world.js';

const here = passwordWorld();
const { ask, choose, signsIn, post, postAsHost } = here;
let world: World;
beforeAll(() => {
  world = here.world();
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

  it('is asked for alike by names that exist, that do not, and that have none (PWD-001)', async () => {
    world.catalog.addAccount('acc_bea', { emails: [{ value: 'bea@acme.test', verified: true }] });
    world.catalog.addAccount('acc_off', { disabled: true, emails: [{ value: 'off@acme.test', verified: true }] }, 'x');
    const names = ['ann@acme.test', 'nobody@acme.test', 'bea@acme.test', 'off@acme.test', 'gus'];
    const pages = await Promise.all(
      names.map(async (name) => {
        const page = await ask(world.browser(), 'lost-password', name);
        // What was typed is kept in one piece where it is an address; that tells nothing of whether it is known.
        const typed = page.body.replaceAll(name, 'NAME').replaceAll('<bdi class="address">NAME</bdi>', 'NAME');
        return [page.status, typed];
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

  it('has its link on the brand’s own origin, whatever host the request names (PWD-014)', async () => {
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

  it('cannot be set without the letter (PWD-015)', async () => {
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
