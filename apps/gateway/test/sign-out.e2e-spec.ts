import { openFrame, sealFrame, signatureChecker, ServiceIdentity } from '@passbroker/platform';
import { PASSWORD, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

const isOidc = (url: URL): boolean => url.pathname.startsWith('/oidc/');
const inFive = () => new Date(world.clock.now().getTime() + 300_000);
const wish = (more: Record<string, unknown> = {}, by = world.minter) =>
  sealFrame(by, 'sign-out', { id: 'out-1', returnTo: '/oidc/session/end/done', confirmed: true, ...more }, inFive());

async function signedIn() {
  const browser = world.browser();
  const page = await browser.visit('/login');
  const [form] = page.forms;
  if (!form) throw new Error('no form');
  await browser.submit(form, { username: 'ann@acme.test', password: PASSWORD });
  return browser;
}

function told(location: URL | undefined) {
  const frame = location?.searchParams.get('signed_out') ?? '';
  const check = signatureChecker(world.identity.publicKeys);
  return openFrame(frame, 'signed-out', 'gateway', (_from, bytes, seal) => check(bytes, seal), world.clock.now()).body;
}

describe('signing out', () => {
  it('asks first, ends the session, and hands on to the minter', async () => {
    const browser = await signedIn();
    expect((await browser.visit('/logout')).text).toContain('Sign out Ann?');
    expect(await world.sessions()).toHaveLength(1);
    const page = await browser.click('Sign out', { until: isOidc });
    expect(page.location?.pathname).toBe('/oidc/session/ended');
    expect(told(page.location)).toEqual({ id: '', ended: true });
    expect(await world.sessions()).toEqual([]);
    expect((await browser.visit(`${world.origin}/`)).text).not.toContain('Hello');
  });

  it('leaves a session alone that its owner wants to keep', async () => {
    const browser = await signedIn();
    await browser.visit('/customer/logout');
    expect((await browser.click('Stay signed in')).text).toContain('Hello, Ann');
  });

  it('WEB-002: cannot be posted from another site', async () => {
    const browser = await signedIn();
    const page = await browser.post('/logout', {}, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect([page.status, (await world.sessions()).length]).toEqual([403, 1]);
  });

  it('by an application that showed whose pass it holds needs no question', async () => {
    const browser = await signedIn();
    const page = await browser.get(`/logout?then=${wish({ account: 'acc_ann' })}`);
    expect(page.location?.pathname).toBe('/oidc/session/end/done');
    expect(told(page.location)).toEqual({ id: 'out-1', ended: true });
    expect(await world.sessions()).toEqual([]);
  });

  it('by an application that showed nothing, or somebody else’s pass, is asked about', async () => {
    const browser = await signedIn();
    expect((await browser.get(`/logout?then=${wish({ account: 'acc_gus' })}`)).status).toBe(200);
    await browser.get(`/logout?then=${wish({ confirmed: false, application: world.application.id })}`);
    expect(browser.page?.headers['content-security-policy']).toContain("form-action 'self' https://desk.acme.test;");
    const page = await browser.click('Stay signed in', { until: isOidc });
    expect(told(page.location)).toEqual({ id: 'out-1', ended: false });
    expect(await world.sessions()).toHaveLength(1);
  });

  it('is not to be had by a frame that the minter did not sign, or that leads elsewhere', async () => {
    const browser = await signedIn();
    const forger = new ServiceIdentity('minter', 'somebody who would like to be the minter of this test');
    for (const frame of [
      wish({}, forger),
      wish({ returnTo: '//evil.test/' }),
      wish({ returnTo: '/login' }),
      'x.y',
      '',
    ]) {
      expect((await browser.get(`/logout?then=${frame}`)).status).toBe(400);
    }
    expect(await world.sessions()).toHaveLength(1);
  });
});
