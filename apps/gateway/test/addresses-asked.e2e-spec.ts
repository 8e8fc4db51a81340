import { SignJWT } from 'jose';
import { sealSecret } from '@passbroker/platform';
import { PASSWORD, startWorld, type World } from './world.js';

const SECRET = 'a secret of thirty-two characters or more';
const NOAH = { sub: 'noah', name: 'Noah' };
const NEW = 'noah@home.test';
const ANN = 'ann@acme.test';

let world: World;
let hashOfAnn: string;
beforeAll(async () => {
  world = await startWorld();
  hashOfAnn = world.catalog.hashes.get('acc_ann') ?? '';
  const secret = { sealed: await sealSecret(world.identity.publicKeys, SECRET) };
  world.catalog.addUsersource(world.brand, 'company', 'jwt', {
    label: 'Acme directory',
    settings: { remoteLoginUrl: 'https://www.acme.test/login', secret },
  });
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.catalog.addAccount('acc_ann', { name: 'Ann', emails: [{ value: ANN, verified: true }] }, hashOfAnn);
  world.catalog.changeBrand(world.brand.id, { registration: 'open' });
  world.catalog.changeUsersource('us_company', {
    ...{ enabled: true, audience: 'users', filter: null, jit: { create: 'on', grant: [] } },
    linking: { mode: 'prove', authoritativeDomains: [] },
  });
});

const KEPT = ['acc_ann', 'acc_gus', 'acc_root'];
type Browser = ReturnType<World['browser']>;

/** Out to the company's site and back with what it says; it says no address. */
async function arrive(browser: Browser, claims: Record<string, unknown> = NOAH, from = '/?from=here') {
  const away = await browser.visit(`/sso/start/company?return_to=${encodeURIComponent(from)}`, {
    until: (url) => url.host === 'www.acme.test',
  });
  const back = new URL((away.location ?? away.url).searchParams.get('return') ?? '');
  const now = Math.floor(world.clock.now().getTime() / 1_000);
  const token = await new SignJWT({ ...claims, jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(new TextEncoder().encode(SECRET));
  back.searchParams.set('jwt', token);
  return browser.visit(back);
}
async function type(browser: Browser, email = NEW) {
  const page = browser.page ?? (await browser.visit('/'));
  return browser.submit(page.form('Continue'), { email });
}
const enter = (browser: Browser, code: string) => browser.submit((browser.page ?? fail()).form('Continue'), { code });
const fail = (): never => {
  throw new Error('no page');
};
const code = async (to = NEW, many = 1): Promise<string> =>
  /[2-9B-Z]{4}-[2-9B-Z]{4}/.exec((await world.mail.to(to, many)).at(-1)?.text ?? '')?.[0] ?? '';
const linked = async (subject = 'noah') => (await world.catalog.link('us_company', subject))?.account;
const accountOf = async (subject = 'noah') => world.catalog.accounts.get((await linked(subject)) ?? '');
const made = () => [...world.catalog.accounts.keys()].filter((id) => !KEPT.includes(id)).length;
const idOf = (browser: Browser): string => /\/address\/([\w-]{32})/.exec(browser.page?.url.pathname ?? '')?.[1] ?? '';

describe('a newcomer whose usersource names no address', () => {
  it('is asked for one, shows by a code that it is theirs, and gets where they were going', async () => {
    const browser = world.browser();
    const page = await arrive(browser);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Acme directory did not tell us')]);
    expect(made()).toBe(0);
    expect((await type(browser)).text).toContain(`We have mailed a code to ${NEW}`);
    const home = await enter(browser, (await code()).toLowerCase());
    expect([home.url.search, home.text.includes('Hello, Noah')]).toEqual(['?from=here', true]);
    expect((await accountOf())?.emails).toEqual([{ value: NEW, verified: true }]);
    // From now on they are known by their subject: nobody asks again.
    expect((await arrive(world.browser())).text).toContain('Hello, Noah');
    expect((await accountOf())?.emails).toEqual([{ value: NEW, verified: true }]);
  });

  it('is not asked when the usersource names one, nor when no account would be made anyway', async () => {
    const { text } = await arrive(world.browser(), { ...NOAH, sub: 'nora', email: 'nora@acme.test' });
    expect([text.includes('Hello, Noah'), made()]).toEqual([true, 1]);
    world.catalog.changeUsersource('us_company', { jit: { create: 'off', grant: [] } });
    expect((await arrive(world.browser())).status).toBe(403);
    world.catalog.changeUsersource('us_company', { jit: { create: 'registration', grant: [] } });
    world.catalog.changeBrand(world.brand.id, { registration: 'closed' });
    expect((await arrive(world.browser())).status).toBe(403);
    expect(world.mail.letters).toHaveLength(0);
  });

  it('may take another address after a mistake: the code for the first is void, whatever comes', async () => {
    const browser = world.browser();
    await arrive(browser);
    await type(browser, 'naoh@home.test');
    const first = await code('naoh@home.test');
    await browser.click('Use another address');
    await type(browser);
    const second = await code();
    expect((await enter(browser, first)).status).toBe(422);
    expect((await enter(browser, second)).text).toContain('Hello, Noah');
  });

  it('is told what is no address, and is written to no more than a few times', async () => {
    const browser = world.browser();
    await arrive(browser);
    for (const bad of [
      'noah',
      'Noah <noah@home.test>',
      'noah@home.test, ann@acme.test',
      'noah@home.test\r\nBcc: x@y.z',
    ]) {
      expect((await type(browser, bad)).status).toBe(422);
    }
    for (let time = 0; time < 5; time += 1) {
      expect((await type(browser)).status).toBe(200);
      await browser.click('Use another address');
    }
    await code(NEW, 3);
    expect(world.mail.letters).toHaveLength(3);
    for (let time = 5; time < 30; time += 1)
      await browser.post(`/address/${idOf(browser)}`, {
        ...browser.page?.forms[0]?.fields,
        email: `n${time}@home.test`,
      });
    await browser.visit(`/address/${idOf(browser)}`);
    expect((await type(browser)).status).toBe(429);
  });
});

describe('an address that somebody types', () => {
  it('LINK-001: links nothing when it is an account’s, though its code was right: the owner is asked as always', async () => {
    world.catalog.changeUsersource('us_company', {
      linking: { mode: 'auto_verified', authoritativeDomains: ['acme.test'] },
    });
    const browser = world.browser();
    await arrive(browser);
    expect((await type(browser, ANN)).text).toContain(`We have mailed a code to ${ANN}`);
    const page = await enter(browser, await code(ANN));
    expect([page.url.pathname.startsWith('/link/'), page.text]).toEqual([
      true,
      expect.stringContaining(`${ANN} belongs to an account here`),
    ]);
    expect([await linked(), made(), await world.sessions()]).toEqual([undefined, 0, []]);
    // Positive control: the owner, who signs in as before and says yes.
    const form = (await browser.click('Sign in to that account')).form('Password');
    await browser.submit(form, { username: ANN, password: PASSWORD });
    expect((await browser.click('Link')).text).toContain('Hello, Ann');
    expect(await linked()).toBe('acc_ann');
  });

  it('LINK-001: links nothing when the usersource says the same one is verified, but only later', async () => {
    const browser = world.browser();
    await arrive(browser, { ...NOAH, email_verified: true });
    await type(browser, ANN);
    expect((await enter(browser, await code(ANN))).url.pathname).toMatch(/^\/link\//);
    expect(await linked()).toBeUndefined();
  });

  it('says the same of every address, known or not', async () => {
    const pages = await Promise.all(
      [ANN, 'nobody@acme.test'].map(async (email) => {
        const browser = world.browser();
        await arrive(browser);
        const { status, text } = await type(browser, email);
        return [status, text.replace(email, '')];
      }),
    );
    expect(pages[0]).toEqual(pages[1]);
    expect([await code(ANN), await code('nobody@acme.test')]).not.toContain('');
  });

  it('opens nothing where links are never made', async () => {
    world.catalog.changeUsersource('us_company', { linking: { mode: 'never', authoritativeDomains: [] } });
    const browser = world.browser();
    await arrive(browser);
    await type(browser, ANN);
    expect((await enter(browser, await code(ANN))).status).toBe(403);
    expect([await linked(), made()]).toEqual([undefined, 0]);
  });
});

describe('a code for an address', () => {
  const asked = async (claims: Record<string, unknown> = NOAH, email = NEW) => {
    const browser = world.browser();
    await arrive(browser, claims);
    await type(browser, email);
    return browser;
  };
  const rightOne = async (browser: Browser, mailed: string) => {
    expect((await enter(browser, mailed)).text).toContain('Hello, Noah');
  };

  it('LINK-012: is none for another subject, though they typed the same address', async () => {
    const noah = await asked();
    const mailed = await code();
    const mallory = await asked({ sub: 'mallory', name: 'Mallory' });
    await code(NEW, 2);
    expect((await enter(mallory, mailed)).status).toBe(422);
    expect(await linked('mallory')).toBeUndefined();
    await rightOne(noah, mailed);
  });

  it('LINK-012: is none for another address than the one it was mailed to', async () => {
    const mallory = await asked({ sub: 'mallory', name: 'Mallory' }, 'mallory@home.test');
    const mailed = await code('mallory@home.test');
    // What they type next is the victim's, and its own code is in a mailbox that they cannot read.
    await mallory.post(`/address/${idOf(mallory)}`, { ...mallory.page?.forms[0]?.fields, email: 'victim@acme.test' });
    await code('victim@acme.test');
    expect((await enter(mallory, mailed)).status).toBe(422);
    expect(made()).toBe(0);
    await rightOne(await asked(), await code());
  });

  it('LINK-011: is worth nothing in another browser', async () => {
    const noah = await asked();
    const mailed = await code();
    const other = world.browser();
    await other.visit('/login');
    const own = await asked({ sub: 'mallory', name: 'Mallory' });
    await code(NEW, 2);
    const fields = { ...own.page?.forms[0]?.fields, code: mailed };
    expect((await own.post(`/address/${idOf(noah)}/code`, fields)).status).toBeGreaterThanOrEqual(400);
    expect((await other.visit(`/address/${idOf(noah)}`)).status).toBeGreaterThanOrEqual(400);
    expect(made()).toBe(0);
    await rightOne(noah, mailed);
  });

  it('LINK-011: works once, however many post it', async () => {
    const noah = await asked();
    const fields = { ...noah.page?.forms[0]?.fields, code: await code() };
    const path = `/address/${idOf(noah)}/code`;
    const answers = await Promise.all(Array.from({ length: 10 }, () => noah.post(path, fields)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(made()).toBe(1);
    expect((await noah.post(path, fields)).status).toBeGreaterThanOrEqual(400);
  });

  it('is guessed at five times at most', async () => {
    const noah = await asked();
    const mailed = await code();
    for (let time = 0; time < 5; time += 1) expect((await enter(noah, '2222-2222')).status).toBe(422);
    expect((await enter(noah, mailed)).status).toBe(422);
    expect(made()).toBe(0);
  });

  it('LINK-013: lets nobody in when the usersource was switched off meanwhile, or its filter says no', async () => {
    const noah = await asked();
    const mailed = await code();
    world.catalog.changeUsersource('us_company', { enabled: false });
    expect((await enter(noah, mailed)).status).toBe(403);
    world.catalog.changeUsersource('us_company', { enabled: true, filter: 'claims.name != "Noah"' });
    const again = await asked({ sub: 'nils', name: 'Nils' });
    world.catalog.changeUsersource('us_company', { filter: 'claims.name != "Nils"' });
    expect((await enter(again, await code(NEW, 2))).status).toBe(403);
    expect(made()).toBe(0);
  });

  it('LINK-010: is asked of nobody who did not set out from here', async () => {
    const secret = { sealed: await sealSecret(world.identity.publicKeys, SECRET) };
    const settings = { remoteLoginUrl: 'https://www.acme.test/login', secret };
    world.catalog.changeUsersource('us_company', { settings: { ...settings, unsolicited: true }, settingsVersion: 2 });
    const now = Math.floor(world.clock.now().getTime() / 1_000);
    const token = await new SignJWT({ ...NOAH, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(new TextEncoder().encode(SECRET));
    const page = await world.browser().visit(`/sso/company/jwt?jwt=${token}`);
    expect([page.status, page.url.pathname]).toEqual([403, '/sso/company/jwt']);
    world.catalog.changeUsersource('us_company', { settings, settingsVersion: 3 });
  });
});
