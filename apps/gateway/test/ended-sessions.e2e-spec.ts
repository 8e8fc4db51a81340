import { EndedSessions } from '@passbroker/sign-in';
import { PASSWORD, startWorld, type World } from './second-factor-world.js';

/** What the gateway writes down when a session is ended; the minter's own tests show what comes of it. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.demand('none');
});

type Browser = ReturnType<World['browser']>;

async function signedIn(browser: Browser = world.browser(), username = 'ann@acme.test'): Promise<Browser> {
  const page = await browser.visit('/account/confirm?return_to=/account');
  await browser.submit(page.form('Password'), { 'E-mail or username': username, Password: PASSWORD });
  return browser;
}

interface Kept {
  id: string;
  account: string;
  usersource: string;
}
async function sessionOf(browser: Browser): Promise<Kept> {
  const before = new Set(await world.sessions());
  await browser.visit('/account');
  const records = await Promise.all([...before].map((key) => world.redis.get(key)));
  const shown = /name="session" value="([A-Za-z0-9_-]{24})"/.exec(browser.page?.body ?? '')?.[1];
  const all = records.map((text) => JSON.parse(text ?? '{}') as Kept);
  const here = all.find(({ id }) => all.length === 1 || id !== shown);
  if (!here) throw new Error('no session');
  return here;
}

/** Whether a pass of this session is over; `lasting` for one that works on without the person. */
const isOver = ({ id, account, usersource }: Kept, lasting = false): Promise<boolean> =>
  new EndedSessions(world.redis, world.clock.now).endedWith({
    ...{ account, usersource, session: id, lasting },
    since: world.clock.now().getTime() - 60_000,
  });

describe('a session is written down as ended', () => {
  it('when its owner signs out: what works on without them goes on', async () => {
    const browser = await signedIn();
    const session = await sessionOf(browser);
    expect(await isOver(session)).toBe(false);
    await browser.visit('/logout');
    await browser.click('Sign out', { until: (url) => url.pathname.startsWith('/oidc/') });
    expect([await isOver(session), await isOver(session, true)]).toEqual([true, false]);
  });

  it('SESS-021: when it is revoked on the account page, and no other', async () => {
    const there = await signedIn();
    const session = await sessionOf(there);
    const here = await signedIn();
    const page = await here.visit('/account');
    await here.submit(page.forms.find(({ fields }) => fields['session'] === session.id) ?? page.form('none'));
    expect(await world.sessions()).toHaveLength(1);
    expect([await isOver(session), await isOver(session, true)]).toEqual([true, true]);
    expect(await isOver(await sessionOf(here))).toBe(false);
  });

  it('when there is no room for it any more', async () => {
    const { users, agents } = world.brand.audiences;
    world.catalog.changeBrand(world.brand.id, { audiences: { users: { ...users, sessionsPerAccount: 1 }, agents } });
    const first = await sessionOf(await signedIn());
    world.clock.advance(1);
    const second = await sessionOf(await signedIn());
    world.catalog.changeBrand(world.brand.id, { audiences: { users, agents } });
    expect([await isOver(first), await isOver(first, true), await isOver(second)]).toEqual([true, false, false]);
  });

  it('when somebody else signs in in the same browser', async () => {
    const browser = await signedIn();
    const session = await sessionOf(browser);
    const page = await browser.visit('/agent/login');
    await browser.submit(page.form('Password'), { 'E-mail or username': 'gus', Password: PASSWORD });
    expect(await world.sessions()).toHaveLength(1);
    expect(await isOver(session)).toBe(true);
  });

  it('but not when the same person signs in again there: their applications keep what they have', async () => {
    const browser = await signedIn();
    const before = await sessionOf(browser);
    await signedIn(browser);
    expect(await world.sessions()).toHaveLength(1);
    expect((await sessionOf(browser)).id).toBe(before.id);
    expect(await isOver(before)).toBe(false);
  });

  it('nor when nobody used it for long', async () => {
    const session = await sessionOf(await signedIn());
    world.clock.advance(9 * 3_600);
    expect(await isOver(session)).toBe(false);
  });

  it('SESS-024: with a new password, all but the one it was changed in', async () => {
    const there = await signedIn();
    const session = await sessionOf(there);
    const here = await signedIn();
    const mine = await sessionOf(here);
    expect(mine.id).not.toBe(session.id);
    const page = await here.visit('/change-password');
    const next = 'quite another 7 lanterns';
    await here.submit(page.form('old_password'), { old_password: PASSWORD, password: next, repeated: next });
    expect(await world.sessions()).toHaveLength(1);
    const forgotten = { ...session, id: 'over-long-ago' };
    expect(await Promise.all([session, forgotten].map((one) => isOver(one, true)))).toEqual([true, true]);
    expect(await isOver(mine, true)).toBe(false);
  });
});
