import { generateSync } from 'otplib';
import { bindingHash } from '@passbroker/sign-in';
import { multipassUrl, PASSWORD, startWorld, type World } from './second-factor-world.js';

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
const isOidc = (url: URL): boolean => url.pathname.startsWith('/oidc/');
const cookieOf = (browser: Browser, name: string): string | undefined =>
  new RegExp(`${name}=([^;]+)`).exec(
    browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true }),
  )?.[1];
const codeAt = (secret: string, offsetSec = 0): string =>
  generateSync({ secret, epoch: Math.floor(world.clock.now().getTime() / 1_000) + offsetSec });

async function signIn(browser: Browser, path = '/login', password = PASSWORD) {
  const page = await browser.visit(`${world.origin}${path}`, { until: isOidc });
  if (page.location) return page;
  return browser.submit(
    page.form('Password'),
    { 'E-mail or username': 'ann@acme.test', Password: password },
    { until: isOidc },
  );
}

/** Sets an authenticator app up by the pages; answers its secret and the recovery codes. */
async function enrol(browser: Browser): Promise<{ secret: string; codes: string[] }> {
  const page = await browser.visit('/second-factor/app');
  const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '') ?? '';
  const shown = await browser.submit(page.form('Set up'), { code: codeAt(secret) });
  return { secret, codes: [...shown.body.matchAll(/<code>([0-9a-z-]{17})<\/code>/g)].map(([, code = '']) => code) };
}
async function enrolled() {
  const browser = world.browser();
  await signIn(browser);
  const kept = await enrol(browser);
  world.clock.advance(60);
  return { browser, ...kept };
}
const give = async (browser: Browser, code: string) =>
  browser.submit((browser.page ?? (await browser.visit('/second-factor'))).form('code'), { code }, { until: isOidc });
const challenged = async () => {
  const browser = world.browser();
  await signIn(browser);
  return browser;
};
const WRONG = 'That code is wrong, too old or was used already';

describe('an authenticator app', () => {
  it('is set up by a picture or by hand, and asked for after the password from then on', async () => {
    const { codes } = await enrolled();
    expect(codes).toHaveLength(10);
    const page = await signIn(world.browser());
    expect(page.url.pathname).toBe('/second-factor');
    expect(page.text).toContain('Code from your authenticator app');
  });

  it('opens what was asked for, in a session that says so', async () => {
    const { secret } = await enrolled();
    const browser = await challenged();
    expect((await browser.get('/second-factor')).text).toContain('Confirm that it is you');
    await give(browser, codeAt(secret));
    expect((await browser.get('/')).text).toContain('Hello, Ann');
    const [key] = await world.sessions();
    expect(JSON.parse((await world.redis.get(key ?? '')) ?? '{}')).toMatchObject({
      mfa: true,
      methods: ['pwd', 'otp', 'mfa'],
    });
  });

  it.each([-30, 0, 30])('takes a code of a clock that is %i seconds off', async (offset) => {
    const { secret } = await enrolled();
    const browser = await challenged();
    const page = await give(browser, codeAt(secret, offset));
    expect(page.text).not.toContain(WRONG);
    expect((await browser.get('/')).text).toContain('Hello, Ann');
  });

  it.each([-90, 90])('takes none of a clock that is %i seconds off', async (offset) => {
    const { secret } = await enrolled();
    const browser = await challenged();
    expect((await give(browser, codeAt(secret, offset))).text).toContain(WRONG);
    expect((await browser.get('/')).location?.pathname).toBe('/second-factor');
  });

  it('is not set up by a form whose secret did not come back as it went out, and that is no outage', async () => {
    const browser = world.browser();
    await signIn(browser);
    const page = await browser.visit('/second-factor/app');
    const form = page.form('Set up');
    const setup = form.fields['setup'] ?? '';
    const altered = `${setup.slice(0, 60)}${setup[60] === 'A' ? 'B' : 'A'}${setup.slice(61)}`;
    for (const sealed of ['', 'x', setup.slice(0, -4), altered, setup + setup]) {
      const answer = await browser.post('/second-factor/app', { ...form.fields, setup: sealed, code: '123456' });
      expect([answer.status, world.refusals().at(-1)]).toEqual([400, 'session.expired']);
    }
    const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '') ?? '';
    expect((await browser.submit(form, { code: codeAt(secret) })).text).toContain('Keep your recovery codes');
  });

  it('PWD-018: takes each code once, also in another browser in the same half minute', async () => {
    const { secret } = await enrolled();
    const code = codeAt(secret);
    const [first, second] = [await challenged(), await challenged()];
    expect((await give(first, code)).text).not.toContain(WRONG);
    const again = await give(second, code);
    expect([again.status, again.text.includes(WRONG)]).toEqual([422, true]);
  });

  it('PWD-018: the code that set it up does not confirm a sign-in as well', async () => {
    const browser = world.browser();
    await signIn(browser);
    const { secret } = await enrol(browser);
    const code = codeAt(secret);
    expect((await give(await challenged(), code)).text).toContain(WRONG);
  });

  it('PWD-019: gives five tries in a quarter of an hour, also when a hundred come at once', async () => {
    const { secret } = await enrolled();
    const browser = await challenged();
    const { fields } = browser.page?.form('code') ?? { fields: {} };
    const cookie = browser.cookies.header({ url: new URL(world.origin), method: 'POST', sameSite: true });
    const guess = (code: string, origin: string) =>
      fetch(`${origin}/second-factor`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ ...fields, code }),
        headers: { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
      });
    const guesses = Array.from({ length: 100 }, (_, one) =>
      guess(String(100_000 + one), one % 2 ? world.origin : world.other),
    );
    const answers = (await Promise.all(guesses)).map(({ status }) => status);
    expect(answers.filter((status) => status === 422)).toHaveLength(5);
    expect(answers.filter((status) => status === 429)).toHaveLength(95);
    expect((await guess(codeAt(secret), world.origin)).status).toBe(429);
    expect(world.refusals()).toContain('second_factor.throttled');
  });

  it('is not set up by somebody who only found a session open', async () => {
    const browser = await challenged();
    world.clock.advance(660);
    const page = await browser.visit('/second-factor/app');
    expect([page.url.pathname, page.text.includes('Please confirm that it is you')]).toEqual([
      '/account/confirm',
      true,
    ]);
    await browser.submit(page.form('Password'), { 'E-mail or username': 'ann@acme.test', Password: PASSWORD });
    expect(browser.page?.text).toContain('Scan this picture');
  });

  it('keeps its secret sealed', async () => {
    const { secret } = await enrolled();
    expect(JSON.stringify([...world.secondFactors.totps.values()])).not.toContain(secret);
    expect(world.lines.join('\n')).not.toContain(secret);
  });
});

describe('recovery codes', () => {
  it('let somebody in once each', async () => {
    const { codes } = await enrolled();
    for (const code of codes) {
      const browser = await challenged();
      await browser.click('Use a recovery code');
      await give(browser, code);
      expect((await browser.get('/')).text).toContain('Hello, Ann');
    }
    const browser = await challenged();
    await browser.visit('/second-factor?with=recovery');
    // None is left to be asked for.
    expect((await give(browser, codes[0] ?? '')).text).toContain(WRONG);
  });

  it('are read as people write them', async () => {
    const { codes } = await enrolled();
    const browser = await challenged();
    await browser.click('Use a recovery code');
    await give(browser, ` ${(codes[0] ?? '').toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O')} `);
    expect((await browser.get('/')).text).toContain('Hello, Ann');
  });

  it('are worth nothing once new ones were made, and nothing but hashes is kept', async () => {
    const { browser, codes } = await enrolled();
    const page = await browser.visit('/account');
    await browser.submit(page.form('Make new ones'));
    const fresh = [...(browser.page?.body ?? '').matchAll(/<code>([0-9a-z-]{17})<\/code>/g)].map(([, one]) => one);
    expect(fresh).toHaveLength(10);
    const other = await challenged();
    await other.click('Use a recovery code');
    expect((await give(other, codes[0] ?? '')).text).toContain(WRONG);
    expect(JSON.stringify([...(world.secondFactors.codes.get('acc_ann') ?? [])])).not.toContain(fresh[0]);
  });
});

describe('a brand that demands a second factor', () => {
  beforeEach(() => world.demand('required'));

  it('leads who has none to set one up, right after the sign-in, and then on', async () => {
    const browser = world.browser();
    const page = await signIn(browser, '/login?return_to=/welcome');
    expect([page.url.pathname, page.text.includes('Set up a second step')]).toEqual(['/second-factor', true]);
    await browser.click('Authenticator app');
    const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(browser.page?.body ?? '')?.[1]?.replaceAll(' ', '') ?? '';
    const { page: shown = page } = browser;
    await browser.submit(shown.form('Set up'), { code: codeAt(secret) });
    const on = browser.page?.links.find(({ text }) => text === 'I have kept them');
    expect(on?.href.pathname).toBe('/welcome');
    expect((await browser.get('/')).text).toContain('Hello, Ann');
  });

  it('finds who was signed in before it did: they prove the first factor anew, and set one up', async () => {
    world.demand('none');
    const browser = await challenged();
    world.demand('required');
    world.clock.advance(3_600);
    expect((await browser.visit('/')).text).toContain('Set up a second step');
    const again = await browser.click('Authenticator app');
    await browser.submit(again.form('Password'), { 'E-mail or username': 'ann@acme.test', Password: PASSWORD });
    expect(browser.page?.text).toContain('Scan this picture');
  });

  it('shows nothing before: not the portal, not the account, and no application', async () => {
    const browser = await challenged();
    for (const path of ['/', '/account']) {
      expect((await browser.get(path)).location?.pathname).toBe('/second-factor');
    }
    const walk = await world.open(bindingHash(cookieOf(browser, 'passbroker_browser') ?? ''));
    const page = await browser.get(`/sign-in/${walk.id}`);
    expect(page.location?.pathname).toBe('/second-factor');
    await expect(world.collect(walk.id, cookieOf(browser, 'passbroker_browser'))).rejects.toMatchObject({
      code: 'transaction.not_completed',
    });
  });

  it('asks after an upstream sign-in too (I15), and tells the application when it was shown', async () => {
    const browser = world.browser();
    await browser.visit('/signed-out');
    const binding = cookieOf(browser, 'passbroker_browser') ?? '';
    const walk = await world.open(bindingHash(binding));
    const start = await browser.get(`/sso/start/intranet?transaction=${walk.id}`);
    expect(start.location?.host).toBe('www.acme.test');
    const page = await browser.visit(multipassUrl(world, 'jane'), { until: isOidc });
    expect([page.url.pathname, page.location]).toEqual(['/second-factor', undefined]);
    await browser.click('Authenticator app');
    const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(browser.page?.body ?? '')?.[1]?.replaceAll(' ', '') ?? '';
    await browser.submit(browser.page?.form('Set up') ?? page.form('Set up'), { code: codeAt(secret) });
    const end = await browser.click('I have kept them', { until: isOidc });
    expect(end.location?.pathname).toBe('/oidc/auth/walk-1');
    const { outcome } = await world.collect(walk.id, binding);
    expect(outcome).toMatchObject({ admitted: true, acr: 'urn:passbroker:mfa' });
    expect(outcome.admitted && outcome.methods).toEqual(expect.arrayContaining(['otp', 'mfa']));
  });

  it('is no page to an application that may not show one', async () => {
    const browser = await challenged();
    const binding = cookieOf(browser, 'passbroker_browser') ?? '';
    const walk = await world.open(bindingHash(binding), { silent: true });
    await browser.visit(`/sign-in/${walk.id}`, { until: isOidc });
    const { outcome } = await world.collect(walk.id, binding);
    expect(outcome).toMatchObject({ admitted: false, error: 'interaction_required' });
  });
});

describe('an application that asks for a second factor (acr)', () => {
  it.each(['urn:passbroker:mfa', 'https://refeds.org/profile/mfa'])('gets it by the name it asked: %s', async (acr) => {
    const { secret } = await enrolled();
    world.clock.advance(60);
    const browser = world.browser();
    await browser.visit('/signed-out');
    const binding = cookieOf(browser, 'passbroker_browser') ?? '';
    const walk = await world.open(bindingHash(binding), { acr: [acr], forceFresh: true });
    world.clock.advance(5);
    const page = await signIn(browser, `/sign-in/${walk.id}`);
    expect(page.url.pathname).toBe('/second-factor');
    const end = await give(browser, codeAt(secret));
    expect(end.location?.pathname).toBe('/oidc/auth/walk-1');
    expect((await world.collect(walk.id, binding)).outcome).toMatchObject({ acr });
  });

  it('does not get it from a session that has none; one that asks for nothing does', async () => {
    const browser = await challenged();
    const binding = cookieOf(browser, 'passbroker_browser') ?? '';
    const asking = await world.open(bindingHash(binding), { acr: ['urn:passbroker:mfa'] });
    expect((await browser.get(`/sign-in/${asking.id}`)).location?.pathname).toBe('/second-factor');
    const plain = await world.open(bindingHash(binding));
    expect((await browser.get(`/sign-in/${plain.id}`)).location?.pathname).toBe('/oidc/auth/walk-1');
    expect((await world.collect(plain.id, binding)).outcome).not.toHaveProperty('acr');
  });

  it('is not given an old proof for a fresh one by way of the second factor', async () => {
    const { browser } = await enrolled();
    const binding = cookieOf(browser, 'passbroker_browser') ?? '';
    const walk = await world.open(bindingHash(binding), { forceFresh: true });
    await browser.visit(`/second-factor?transaction=${walk.id}`, { until: isOidc });
    expect(browser.page?.text).toContain('Please confirm that it is you');
  });
});

describe('stepping up', () => {
  it('SESS-001: gives the session a new id, and the old one is dead', async () => {
    const { secret } = await enrolled();
    const browser = await challenged();
    const before = cookieOf(browser, 'passbroker_session');
    await give(browser, codeAt(secret));
    const after = cookieOf(browser, 'passbroker_session');
    expect(after).not.toBe(before);
    const thief = await fetch(`${world.origin}/account`, {
      headers: { cookie: `passbroker_session=${before ?? ''}` },
      redirect: 'manual',
    });
    expect(thief.headers.get('location')).toContain('/login');
  });

  it('WEB-001: takes no post from another site', async () => {
    const { secret } = await enrolled();
    const browser = await challenged();
    const answer = await fetch(`${world.origin}/second-factor`, {
      method: 'POST',
      body: new URLSearchParams({ code: codeAt(secret) }),
      headers: {
        cookie: browser.cookies.header({ url: new URL(world.origin), method: 'POST', sameSite: true }),
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.test',
      },
      redirect: 'manual',
    });
    expect(answer.status).toBe(403);
  });

  it('allows a script on the passkey pages and on no other', async () => {
    const browser = await challenged();
    expect((await browser.visit('/second-factor/passkey')).headers['content-security-policy']).toContain(
      "script-src 'self'",
    );
    for (const path of ['/', '/login', '/account', '/second-factor/app']) {
      expect((await browser.visit(path)).headers['content-security-policy']).not.toContain('script-src');
    }
  });
});
