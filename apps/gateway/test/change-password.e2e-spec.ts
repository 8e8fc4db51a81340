import { NEW, passwordWorld, type Visitor } from './password-world.js';
import { PASSWORD, type World } from './world.js';

const here = passwordWorld();
const { ask, signsIn, cookieOf, post } = here;
let world: World;
beforeAll(() => {
  world = here.world();
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
