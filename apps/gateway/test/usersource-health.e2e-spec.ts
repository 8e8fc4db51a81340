import { startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.catalog.changeUsersource('us_intranet', { sso: 'none', enabled: true });
});

const probe = (body: object) => world.gateway.questions['usersource.probe']?.(body);
const version = () => world.catalog.usersourceBySlug('intranet').then((record) => record?.settingsVersion ?? 0);
const elsewhere = { until: (url: URL) => url.host === 'www.acme.test' };

describe('an admin’s test of a usersource', () => {
  it('runs in the gateway, with the secret only it can open, and says step by step what it met', async () => {
    // Nothing leaves this machine: the page of the company's script cannot be reached.
    expect(await probe({ usersource: 'us_intranet', settingsVersion: await version() })).toEqual({
      state: 'down',
      steps: [{ step: 'remote login page', ok: false, detail: 'no network here' }],
      ms: expect.any(Number),
    });
    expect(await probe({ usersource: 'us_local-users', settingsVersion: 1 })).toMatchObject({ state: 'ok' });
  });

  it.each([
    [
      'of settings that it does not know yet',
      async () => ({ usersource: 'us_intranet', settingsVersion: 99 }),
      'usersource.settings_changed',
    ],
    ['of nothing', async () => ({ usersource: 'us_none', settingsVersion: 1 }), 'usersource.unknown'],
    [
      'with a password',
      async () => ({ usersource: 'us_intranet', settingsVersion: 1, password: 'x' }),
      'request.malformed',
    ],
  ])('is refused %s', async (_what, body, code) => {
    await expect(probe(await body())).rejects.toMatchObject({ code });
  });

  it('says nothing of the health of one that only browsers need to reach', async () => {
    await probe({ usersource: 'us_intranet', settingsVersion: await version() });
    expect(await world.redis.get('usersource-health:us_intranet')).toBeNull();
  });
});

describe('Automatic SSO to a usersource that is down', () => {
  it('shows a page with the button instead of sending people into nothing, and the button goes there', async () => {
    world.catalog.changeUsersource('us_intranet', { sso: 'automatic' });
    const before = await world.browser().visit('/login', elsewhere);
    expect(before.location?.host).toBe('www.acme.test');
    // As another replica leaves it that has found out; it is looked for every five seconds.
    await world.redis.hset('usersources-down', 'us_intranet', world.clock.now().toISOString());
    await new Promise((resolve) => setTimeout(resolve, 5_500));
    const browser = world.browser();
    const page = await browser.visit('/login', elsewhere);
    expect([page.status, page.location, page.text.includes('Acme intranet')]).toEqual([200, undefined, true]);
    // No password form instead: an outage is no way round SSO.
    expect(page.forms.some(({ fields }) => 'password' in fields)).toBe(false);
    const button = page.links.find(({ text }) => text.includes('Acme intranet'))?.text ?? 'no such button';
    expect((await browser.click(button, elsewhere)).location?.host).toBe('www.acme.test');
  });
});
