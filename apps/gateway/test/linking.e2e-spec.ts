import { writeMultipass } from '@passbroker/multipass';
import { bindingHash } from '@passbroker/sign-in';
import { KEYS, PASSWORD, startWorld, type World } from './world.js';

let world: World;
let hashOfAnn: string;
beforeAll(async () => {
  world = await startWorld();
  hashOfAnn = world.catalog.hashes.get('acc_ann') ?? '';
});
afterAll(() => world.stop());
beforeEach(async () => {
  const { links } = world.catalog;
  links.splice(0, links.length, ...links.filter(({ account }) => !KEPT.includes(account)));
  await world.forget();
  world.catalog.addAccount('acc_ann', { name: 'Ann', emails: [ANN] }, hashOfAnn);
  world.catalog.changeUsersource('us_intranet', {
    ...{ enabled: true, audience: 'users', linking: { mode: 'prove', authoritativeDomains: [] } },
    jit: { create: 'on', grant: [] },
  });
});

/** Accounts that a test does not make itself. */
const KEPT = ['acc_ann', 'acc_gus', 'acc_root', 'acc_bob'];
const ANN = { value: 'ann@acme.test', verified: true };
const ANNIE = { uid: 'annie', email: ANN.value, name: 'Annie at work' };
type Browser = ReturnType<World['browser']>;

const tokenOf = (claims: Partial<Parameters<typeof writeMultipass>[1]> = {}): string =>
  writeMultipass('desk', { ...ANNIE, ...claims }, KEYS, world.clock.now());

/** Out to the intranet and back with what it says. */
async function arrive(browser: Browser, claims: Parameters<typeof tokenOf>[0] = {}, from = '/login') {
  await browser.visit(`/sso/start/intranet?return_to=${encodeURIComponent(from)}`, {
    until: (url) => url.host === 'www.acme.test',
  });
  return browser.visit(`/sso/intranet/multipass?${tokenOf(claims)}`);
}
async function signIn(browser: Browser, username = ANN.value) {
  const page = await browser.click('Sign in to that account');
  return browser.submit(page.form('Password'), { username, password: PASSWORD });
}
const code = async (to = ANN.value, many = 1): Promise<string> =>
  /[2-9B-Z]{4}-[2-9B-Z]{4}/.exec((await world.mail.to(to, many)).at(-1)?.text ?? '')?.[0] ?? '';
const linkOf = (subject: string) => world.catalog.link('us_intranet', subject);
const linked = async (subject = 'annie') => (await linkOf(subject))?.account;
const idOf = (browser: Browser): string => /\/link\/([\w-]{32})/.exec(browser.page?.url.pathname ?? '')?.[1] ?? '';

describe('an address that is an account’s already', () => {
  it('is linked once its owner has signed in as before and said yes, and they get where they were going', async () => {
    const browser = world.browser();
    const page = await arrive(browser, {}, '/?from=here');
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('ann@acme.test belongs to an account')]);
    expect(await linked()).toBeUndefined();
    const question = await signIn(browser);
    expect(question.text).toContain('You came from Acme intranet as Annie at work');
    expect(await linked()).toBeUndefined();
    const home = await browser.click('Link');
    expect([home.url.search, home.text.includes('Hello, Ann')]).toEqual(['?from=here', true]);
    expect(await linkOf('annie')).toMatchObject({ account: 'acc_ann', createdBy: 'prove' });
    expect(world.events.map(({ action }) => action)).toContain('link.added');
    // From now on it opens the account without a word.
    const next = await arrive(world.browser(), {}, '/');
    expect(next.text).toContain('Hello, Annie at work');
  });

  it('is linked by a code that was mailed to the account’s own verified address', async () => {
    const browser = world.browser();
    await arrive(browser, {}, '/');
    const page = await browser.click('Mail me a code instead');
    const home = await browser.submit(page.form('Continue'), { code: (await code()).toLowerCase() });
    expect(home.text).toContain('Hello, Ann');
    expect(await linked()).toBe('acc_ann');
    expect(home.text).toContain('Acme intranet');
  });

  it('goes on to the application that asked', async () => {
    const browser = world.browser();
    await browser.visit('/');
    const binding = browser.cookies.value('passbroker_browser', new URL(world.origin)) ?? '';
    const walk = await world.open(bindingHash(binding));
    await browser.visit(`/sso/start/intranet?transaction=${walk.id}`, { until: (url) => url.host === 'www.acme.test' });
    await browser.visit(`/sso/intranet/multipass?${tokenOf()}`);
    const question = await signIn(browser);
    // The word is posted here and ends at the application: browsers want that told.
    expect(question.headers['content-security-policy']).toContain("form-action 'self' https://desk.acme.test;");
    await browser.click('Link', { until: (url) => url.pathname.startsWith('/oidc/') });
    const { outcome } = (await world.collect(walk.id, binding)) ?? {};
    expect(outcome).toMatchObject({ admitted: true, account: 'acc_ann' });
  });

  it('stays unlinked when they say no, or sign in as somebody else', async () => {
    const browser = world.browser();
    await arrive(browser);
    await signIn(browser);
    await browser.click('It is not mine');
    expect([await linked(), (await browser.visit('/')).text.includes('Hello, Ann')]).toEqual([undefined, true]);
    world.catalog.addAccount('acc_bob', { emails: [{ value: 'bob@acme.test', verified: true }] }, hashOfAnn);
    const other = world.browser();
    await arrive(other);
    const back = await signIn(other, 'bob@acme.test');
    expect(back.text).toContain('Sign in to that account');
    await other.post(`/link/${idOf(other)}`, { ...back.forms[0]?.fields, answer: 'yes' });
    expect(await linked()).toBeUndefined();
  });

  it('is not proved by a session from before', async () => {
    const browser = world.browser();
    const page = await browser.visit('/login');
    await browser.submit(page.form('Password'), { username: ANN.value, password: PASSWORD });
    world.clock.advance(1);
    const asked = await arrive(browser);
    expect(asked.text).toContain('Sign in to that account');
    await browser.post(`/link/${idOf(browser)}`, { ...asked.forms[0]?.fields, answer: 'yes' });
    expect(await linked()).toBeUndefined();
    // Signing in again proves it, although somebody is signed in.
    await browser.get(`/link/${idOf(browser)}`);
    await signIn(browser);
    await browser.click('Link');
    expect(await linked()).toBe('acc_ann');
  });

  it('is not proved past a second factor', async () => {
    const { users, agents } = world.brand.audiences;
    const required = { users: { ...users, mfa: 'required' as const }, agents };
    world.catalog.changeBrand(world.brand.id, { audiences: required });
    const browser = world.browser();
    await arrive(browser);
    const id = idOf(browser);
    const page = await signIn(browser);
    expect(page.url.pathname).toMatch(/^\/second-factor/);
    expect((await browser.get(`/link/${id}`)).location?.pathname).toBe('/second-factor');
    world.catalog.changeBrand(world.brand.id, { audiences: world.brand.audiences });
    // Without that demand the same session is proof enough.
    expect((await browser.visit(`/link/${id}`)).text).toContain('Let Acme intranet open your account?');
  });
});

describe('a mailed code', () => {
  const asked = async () => {
    const browser = world.browser();
    await arrive(browser);
    return { browser, page: await browser.click('Mail me a code instead') };
  };

  it('is mailed for no admin, no unverified address and nobody with a second factor; the page says the same', async () => {
    const { page } = await asked();
    await code();
    const unverified = { emails: [{ ...ANN, verified: false }] };
    for (const [what, more] of Object.entries({
      unverified,
      'an admin': { admin: true, audience: 'agents' as const },
    })) {
      await world.forget();
      world.catalog.changeAccount('acc_ann', more);
      if (what === 'an admin') world.catalog.changeUsersource('us_intranet', { audience: 'agents' });
      const other = await asked();
      expect([what, other.page.text]).toEqual([what, page.text]);
      expect([what, await world.mail.nothing()]).toEqual([what, 0]);
      expect((await other.browser.submit(other.page.form('Continue'), { code: 'BCDF-GHJK' })).status).toBe(422);
      world.catalog.changeAccount('acc_ann', { admin: false, audience: 'users' });
      world.catalog.changeUsersource('us_intranet', { audience: 'users' });
    }
    expect(await linked()).toBeUndefined();
  });

  it('is tried five times', async () => {
    const { browser, page } = await asked();
    const right = await code();
    for (let tries = 0; tries < 5; tries += 1) {
      expect((await browser.submit(page.form('Continue'), { code: 'BCDF-GHJK' })).status).toBe(422);
    }
    expect((await browser.submit(page.form('Continue'), { code: right })).status).toBe(422);
    expect(await linked()).toBeUndefined();
  });

  it('is no flood: three letters an hour to one mailbox', async () => {
    const { browser } = await asked();
    for (let more = 0; more < 4; more += 1) {
      await browser.visit(`/link/${idOf(browser)}`);
      await browser.click('Mail me a code instead');
    }
    await code(ANN.value, 3);
    expect(await world.mail.nothing()).toBe(3);
  });

  it('is in no log', async () => {
    await asked();
    expect(world.lines.join('\n')).not.toContain(await code());
  });
});

describe('newcomers', () => {
  it('get an account while there are seats; whoever has one comes in all the same', async () => {
    const taken = await world.catalog.seatsTaken('us_intranet');
    world.catalog.changeUsersource('us_intranet', { jit: { create: 'on', grant: [], seatCap: taken + 1 } });
    const first = world.browser();
    await arrive(first, { uid: 'seated', email: 'seated@acme.test', name: 'Seated' }, '/');
    const seated = (await linkOf('seated'))?.account ?? '';
    const late = await arrive(world.browser(), { uid: 'late', email: 'late@acme.test', name: 'Late' });
    expect([late.status, await linkOf('late')]).toEqual([403, undefined]);
    expect(world.lines.join('\n')).toContain('seats.none');
    expect((await arrive(world.browser(), { uid: 'seated', email: 'seated@acme.test' }, '/')).status).toBe(200);
    world.catalog.changeAccount(seated, { disabled: true });
    await arrive(world.browser(), { uid: 'late', email: 'late@acme.test', name: 'Late' });
    expect(await linkOf('late')).toBeDefined();
  });
});

describe('attacks', () => {
  const vouched = { linking: { mode: 'auto_verified' as const, authoritativeDomains: ['acme.test'] } };

  it('LINK-001, LINK-009 an address that nobody vouches for does not open its account', async () => {
    world.catalog.changeUsersource('us_intranet', {
      linking: { mode: 'auto_verified', authoritativeDomains: ['elsewhere.test'] },
    });
    expect((await arrive(world.browser())).text).toContain('belongs to an account here');
    expect(await linked()).toBeUndefined();
    world.catalog.changeUsersource('us_intranet', vouched);
    expect((await arrive(world.browser(), {}, '/')).text).toContain('Hello, Annie at work');
    expect(await linked()).toBe('acc_ann');
  });

  it('LINK-003 a usersource vouches for its own domains only', async () => {
    world.catalog.changeUsersource('us_intranet', vouched);
    world.catalog.addAccount('acc_bob', { emails: [{ value: 'bob@other.test', verified: true }] });
    await arrive(world.browser(), { uid: 'bob', email: 'bob@other.test' });
    expect(await linked('bob')).toBeUndefined();
    await arrive(world.browser());
    expect(await linked()).toBe('acc_ann');
  });

  it('LINK-004 an address that looks like another is another', async () => {
    world.catalog.changeUsersource('us_intranet', vouched);
    for (const [at, email] of ['ann+x@acme.test', 'a.nn@acme.test', 'аnn@acme.test'].entries()) {
      await arrive(world.browser(), { uid: `like-${at}`, email });
      expect([email, (await linked(`like-${at}`)) === 'acc_ann']).toEqual([email, false]);
    }
    await arrive(world.browser(), { uid: 'case', email: 'Ann@Acme.test' });
    expect(await linked('case')).toBe('acc_ann');
  });

  it('LINK-005 an account made with somebody’s address before they came is not joined with theirs', async () => {
    world.catalog.changeUsersource('us_intranet', vouched);
    // The attacker knows this account's password, and nobody ever verified the address.
    world.catalog.changeAccount('acc_ann', { emails: [{ ...ANN, verified: false }] });
    const browser = world.browser();
    expect((await arrive(browser)).text).toContain('belongs to an account here');
    await browser.click('Mail me a code instead');
    expect([await linked(), await world.mail.nothing()]).toEqual([undefined, 0]);
  });

  it('LINK-010 nobody is asked who did not set out from here', async () => {
    const browser = world.browser();
    await browser.visit('/');
    const page = await browser.visit(`/sso/intranet/multipass?${tokenOf()}`);
    expect([page.status, page.text.includes('in use already')]).toEqual([403, true]);
    expect(await world.redis.keys('proof:*')).toEqual([]);
    expect((await arrive(browser)).text).toContain('Sign in to that account');
  });

  it('LINK-010 a word from another site is not the owner’s', async () => {
    const browser = world.browser();
    await arrive(browser);
    await signIn(browser);
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' };
    const forged = await browser.post(`/link/${idOf(browser)}`, { answer: 'yes' }, { headers });
    expect([forged.status, await linked()]).toEqual([403, undefined]);
    await browser.visit(`/link/${idOf(browser)}`);
    await browser.click('Link');
    expect(await linked()).toBe('acc_ann');
  });

  it('LINK-011 a proof is good once, and in the browser that it was given in', async () => {
    const browser = world.browser();
    const page = await arrive(browser);
    const id = idOf(browser);
    const thief = world.browser();
    await thief.visit('/');
    expect((await thief.visit(`/link/${id}`)).status).toBe(400);
    const stolen = await thief.post(`/link/${id}/code`, { code: 'BCDF-GHJK' });
    expect([stolen.status, page.status]).toEqual([400, 200]);
    await browser.visit(`/link/${id}`);
    const codePage = await browser.click('Mail me a code instead');
    const right = await code();
    await browser.submit(codePage.form('Continue'), { code: right });
    expect(await linked()).toBe('acc_ann');
    // Unlinked again, the proof and its code are as dead as before.
    world.catalog.links.length = 0;
    expect((await browser.submit(codePage.form('Continue'), { code: right })).status).toBe(400);
    expect((await browser.visit(`/link/${id}`)).status).toBe(400);
    expect(await linked()).toBeUndefined();
  });

  it('LINK-011 of ten words at once one links', async () => {
    const browser = world.browser();
    await arrive(browser);
    const question = await signIn(browser);
    const fields = { ...question.forms[0]?.fields, answer: 'yes' };
    const path = `/link/${idOf(browser)}`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => browser.post(path, fields, { from: question })));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(world.catalog.links.filter(({ subject }) => subject === 'annie')).toHaveLength(1);
  });

  it('LINK-012 a code for one identity is none for another', async () => {
    const browser = world.browser();
    await arrive(browser);
    await browser.click('Mail me a code instead');
    const right = await code();
    const mallory = await arrive(browser, { uid: 'mallory', name: 'Mallory' });
    const other = await browser.post(`/link/${idOf(browser)}/code`, { ...mallory.forms[0]?.fields, code: right });
    expect([other.status, await linked('mallory'), await linked()]).toEqual([422, undefined, undefined]);
  });

  it('LINK-013 nothing is linked through a usersource, or to an account, that was switched off meanwhile', async () => {
    const attempt = async (spoil: () => void) => {
      const browser = world.browser();
      await arrive(browser);
      const question = await signIn(browser);
      spoil();
      const page = await browser.submit(question.form('Link'), {}, { button: 'Link' });
      return [page.status, await linked()];
    };
    expect(await attempt(() => world.catalog.changeUsersource('us_intranet', { enabled: false }))).toEqual([
      403,
      undefined,
    ]);
    world.catalog.changeUsersource('us_intranet', { enabled: true });
    const never = { linking: { mode: 'never' as const, authoritativeDomains: [] } };
    expect(await attempt(() => world.catalog.changeUsersource('us_intranet', never))).toEqual([403, undefined]);
    world.catalog.changeUsersource('us_intranet', { linking: { mode: 'prove', authoritativeDomains: [] } });
    expect(await attempt(() => undefined)).toEqual([200, 'acc_ann']);
  });

  it('LINK-014 the message of a sign-in starts one proof', async () => {
    const browser = world.browser();
    const message = tokenOf();
    const start = () =>
      browser.visit('/sso/start/intranet?return_to=%2F', { until: (url) => url.host === 'www.acme.test' });
    await start();
    await browser.visit(`/sso/intranet/multipass?${message}`);
    const first = idOf(browser);
    // A double click comes to the same page; another browser comes to none.
    await start();
    await browser.visit(`/sso/intranet/multipass?${message}`);
    expect(idOf(browser)).toBe(first);
    const thief = world.browser();
    await thief.visit('/sso/start/intranet?return_to=%2F', { until: (url) => url.host === 'www.acme.test' });
    expect((await thief.visit(`/sso/intranet/multipass?${message}`)).status).toBe(403);
  });

  it('LINK-017 no word of an upstream makes an admin or opens another audience', async () => {
    const page = await arrive(world.browser(), {
      ...{ uid: 'eve', email: 'eve@acme.test', name: 'Eve' },
      custom: { admin: 'true', role: 'admin', groups: 'admins', audience: 'agents' },
    });
    const eve = await world.catalog.byId((await linked('eve')) ?? '');
    expect([page.status, eve?.admin, eve?.audience, eve?.groups]).toEqual([200, false, 'users', []]);
    const root = await arrive(world.browser(), { uid: 'x', email: 'gus@acme.test' });
    expect(root.status).toBe(200);
    world.catalog.changeAccount('acc_gus', { emails: [{ value: 'gus@acme.test', verified: true }] });
    expect((await arrive(world.browser(), { uid: 'y', email: 'gus@acme.test' })).status).toBe(403);
  });

  it('CVE-2026-19607 an address that is somebody’s username is theirs to give away', async () => {
    world.catalog.changeUsersource('us_intranet', vouched);
    world.catalog.addAccount('acc_bob', { username: 'bob@acme.test', name: 'Bob' }, hashOfAnn);
    const browser = world.browser();
    expect((await arrive(browser, { uid: 'not-bob', email: 'bob@acme.test' })).text).toContain('belongs to an account');
    await browser.click('Mail me a code instead');
    expect([await linked('not-bob'), await world.mail.nothing()]).toEqual([undefined, 0]);
    await browser.visit(`/link/${idOf(browser)}`);
    await signIn(browser, 'bob@acme.test');
    await browser.click('Link');
    expect(await linked('not-bob')).toBe('acc_bob');
  });
});

describe('an address that has a new owner upstream', () => {
  beforeEach(() =>
    world.catalog.addLink({ usersource: 'us_intranet', subject: 'old', account: 'acc_ann', createdBy: 'jit' }),
  );

  it('takes the old one’s place when the account’s owner signs in, and says so', async () => {
    const before = world.browser();
    await arrive(before, { uid: 'old' }, '/');
    const browser = world.browser();
    world.clock.advance(1);
    await arrive(browser, {}, '/');
    await signIn(browser);
    await browser.click('Link');
    expect([await linked(), await linked('old')]).toEqual(['acc_ann', undefined]);
    // Who was in by the old one is out; the owner is not.
    expect((await before.visit('/')).text).not.toContain('Hello, Ann');
    expect((await browser.visit('/')).text).toContain('Hello, Ann');
  });

  it('is not proved by a code to that very address', async () => {
    const browser = world.browser();
    await arrive(browser);
    await browser.click('Mail me a code instead');
    expect(await world.mail.nothing()).toBe(0);
    expect([await linked(), await linked('old')]).toEqual([undefined, 'acc_ann']);
  });
});
