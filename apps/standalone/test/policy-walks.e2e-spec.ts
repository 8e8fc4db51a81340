import { describeWith } from '@passbroker/testing';
import type { Browser } from 'playwright-core';
import { PASSWORD } from './world/applications.js';
import { startBroker, type Broker } from './world/broker.js';
import { launch, somebody, type Person } from './world/chromium.js';
import { settingsOf, startCompany, type Company } from './world/company.js';

const JANE = { uid: 'jane', email: 'jane@acme.test', name: 'Jane Doe' };
/** Another brand, another person: one address is one account. */
const TOM = { uid: 'tom', email: 'tom@company.test', name: 'Tom Foolery' };

/**
 * The usersource policy as people meet it: two brands on two hosts, a real browser, and nothing but HTTP. Brand A is
 * the document's example portal; brand B belongs to a company whose own site signs everybody in.
 */
describeWith('chromium', 'policy, in Chromium', () => {
  let broker: Broker;
  let browser: Browser;
  let company: Company;
  let social: Company;
  let a: string;
  let b: string;
  /** Where the applications of both brands are answered. */
  let answered: string;

  /** Gateways have heard of what was just written. */
  const heard = () => new Promise((resolve) => setTimeout(resolve, 500));
  const change = async (path: string, patch: unknown) => {
    await broker.api('PATCH', path, patch);
    await heard();
  };
  const usersource = (brand: string, slug: string, type: string, more: Record<string, unknown> = {}) =>
    broker.api('POST', '/v1/usersources', { slug, type, brand, audience: 'users', label: slug, ...more });
  const application = (brand: string) =>
    broker.api('POST', '/v1/applications', {
      slug: `desk-${brand}`,
      protocol: 'oidc',
      brand,
      audience: 'users',
      name: 'Help desk',
      settings: { client_id: `desk-${brand}`, redirect_uris: [answered], token_endpoint_auth_method: 'none' },
    });
  const account = (audience: string, name: string, admin = false) =>
    broker.api('POST', '/v1/accounts', {
      audience,
      admin,
      name,
      username: name.toLowerCase(),
      emails: [{ value: `${name.toLowerCase()}@people.test`, verified: true }],
      password: PASSWORD,
    });

  beforeAll(async () => {
    broker = await startBroker({ gateways: 2, minters: 1 });
    const { port } = new URL(broker.origin);
    [a, b] = [`http://brand-a.test:${port}`, `http://brand-b.test:${port}`];
    company = await startCompany('company');
    social = await startCompany('social');
    answered = `${social.origin}/answered`;
    browser = await launch([
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      // As on https: without it Chromium keeps its Fetch Metadata to itself.
      `--unsafely-treat-insecure-origin-as-secure=${a},${b}`,
    ]);
    for (const [slug, name, more] of [
      ['brand-a', 'Acme portal', { guestAccess: true, registration: 'open' }],
      ['brand-b', 'Company desk', { guestAccess: false }],
    ] as const) {
      await broker.api('POST', '/v1/brands', { slug, name, hosts: [`${slug}.test:${port}`], ...more });
      await usersource(slug, `${slug}-agents`, 'local', { audience: 'agents', label: 'Agents' });
      await application(slug);
    }
    await usersource('brand-a', 'a-local', 'local', { label: 'Local', order: 1, jit: { create: 'registration' } });
    await usersource('brand-a', 'a-intranet', 'multipass', {
      label: 'Company intranet',
      order: 2,
      jit: { create: 'on' },
      settings: settingsOf(company, `${a}/sso/a-intranet/multipass`),
    });
    // There is no Google type yet: whatever redirects may be shown as an icon.
    await usersource('brand-a', 'a-google', 'multipass', {
      label: 'Google',
      display: 'icon',
      order: 3,
      jit: { create: 'on' },
      settings: settingsOf(social, `${a}/sso/a-google/multipass`),
    });
    await usersource('brand-a', 'a-hidden', 'multipass', {
      label: 'Auditors',
      display: 'hidden',
      hintable: false,
      settings: settingsOf(social, `${a}/sso/a-hidden/multipass`),
    });
    await usersource('brand-b', 'b-local', 'local', { label: 'Local', order: 1 });
    await usersource('brand-b', 'b-company', 'multipass', {
      label: 'Company sign-in',
      order: 2,
      sso: 'automatic',
      jit: { create: 'on' },
      settings: settingsOf(company, `${b}/sso/b-company/multipass`),
    });
    await account('users', 'Uma');
    await account('agents', 'Gus');
    await account('agents', 'Ada', true);
    await heard();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await social?.close();
    await company?.close();
    await broker?.close();
  });

  let person: Person;
  let page: Person['page'];
  const anew = async () => {
    await person?.context.close();
    person = await somebody(browser);
    page = person.page;
  };
  beforeEach(async () => {
    await anew();
    Object.assign(company, { person: undefined, broken: false, asked: [] });
    Object.assign(social, { person: undefined, broken: false, asked: [] });
  });
  afterEach(async () => {
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  const pressed = (name: string) => page.getByRole('button', { name }).click();
  const followed = (name: string) => page.getByRole('link', { name, exact: true }).click();
  const byForm = async (name: string) => {
    await page.getByLabel('E-mail or username').fill(name);
    await page.getByLabel('Password').fill(PASSWORD);
    await pressed('Sign in');
  };
  /** All that the page offers, buttons first, as a screen reader lists them. */
  const offered = async (): Promise<string[]> => {
    const main = page.getByRole('main');
    const names = async (role: 'link' | 'button') =>
      Promise.all(
        (await main.getByRole(role).all()).map(
          async (one) => (await one.getAttribute('aria-label')) ?? (await one.innerText()),
        ),
      );
    return [...(await names('button')), ...(await names('link'))];
  };
  const question = (brand: string, more: Record<string, string> = {}) => {
    const query = new URLSearchParams({
      client_id: `desk-${brand === a ? 'brand-a' : 'brand-b'}`,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: answered,
      state: 'state-of-the-application',
      nonce: 'nonce-of-the-application',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    });
    return `${brand}/oidc/auth?${query.toString()}`;
  };
  /** What the application is told. */
  const told = async (): Promise<URLSearchParams> => {
    await page.waitForURL((url) => url.href.startsWith(answered));
    return new URL(page.url()).searchParams;
  };
  const status = async (address: string): Promise<number> => (await page.goto(address))?.status() ?? 0;

  describe('the example portal', () => {
    it('offers the form, the button and the icon, and lets people in by each', async () => {
      await page.goto(`${a}/login`);
      await heading('Sign in to Acme portal');
      expect(await offered()).toEqual([
        'Sign in',
        'Forgot your password?',
        'Create an account',
        'Use a passkey',
        'Continue with Company intranet',
        'Continue with Google',
      ]);
      await byForm('uma');
      await heading('Hello, Uma');

      await anew();
      company.person = JANE;
      await page.goto(`${a}/login`);
      await followed('Continue with Company intranet');
      await heading('Hello, Jane Doe');

      await anew();
      social.person = { uid: 'g-1', email: 'gail@mail.test', name: 'Gail' };
      await page.goto(`${a}/login`);
      await followed('Continue with Google');
      await heading('Hello, Gail');
    });

    it('is open to guests, and asks no site about them', async () => {
      company.person = JANE;
      await page.goto(`${a}/`);
      await page.goto(`${a}/`);
      await heading('Welcome to Acme portal');
      expect(company.asked).toEqual([]);
    });

    it('is closed to guests when the brand says so', async () => {
      await change('/v1/brands/brand-a', { guestAccess: false });
      try {
        await page.goto(`${a}/`);
        await heading('Sign in to Acme portal');
      } finally {
        await change('/v1/brands/brand-a', { guestAccess: true });
      }
    });

    it('refuses what it does not show', async () => {
      expect(await status(`${a}/sso/start/a-hidden`)).toBe(403);
      expect(await status(`${a}/sso/start/b-company`)).toBe(404);
      // Positive control: the same usersource, shown.
      await change('/v1/usersources/a-hidden', { display: 'button' });
      try {
        await page.goto(`${a}/sso/start/a-hidden`);
        await heading('Company sign-in');
      } finally {
        await change('/v1/usersources/a-hidden', { display: 'hidden' });
      }
    });

    it('knows nobody of the other brand', async () => {
      await page.goto(`${a}/login`);
      await byForm('uma');
      await heading('Hello, Uma');
      const [session] = (await person.context.cookies(a)).filter(({ name }) => name === 'passbroker_session');
      if (!session) throw new Error('no session');
      await person.context.addCookies([{ name: session.name, value: session.value, url: b }]);
      await page.goto(`${b}/`);
      await heading('Company sign-in');
    });
  });

  describe('without its built-in accounts, the portal', () => {
    beforeAll(() => change('/v1/usersources/a-local', { enabled: false }));
    afterAll(() => change('/v1/usersources/a-local', { enabled: true }));

    it('has no form, no lost password and no registration, and refuses each', async () => {
      await page.goto(`${a}/login`);
      expect(await offered()).toEqual(['Continue with Company intranet', 'Continue with Google']);
      expect(await status(`${a}/lost-password`)).toBe(404);
      expect(await status(`${a}/register`)).toBe(404);
      expect(await status(`${a}/change-password`)).toBe(404);
    });

    it('goes straight to the one way that is left, where the brand likes that', async () => {
      await change('/v1/usersources/a-google', { enabled: false });
      const single = (singleOption: string) => change('/v1/brands/brand-a', { audiences: { users: { singleOption } } });
      try {
        await page.goto(`${a}/login`);
        expect(await offered()).toEqual(['Continue with Company intranet']);
        await single('redirect');
        await page.goto(`${a}/login`);
        await heading('Company sign-in');
        await page.goto(`${a}/login?sso=off`);
        await heading('Sign in to Acme portal');
      } finally {
        await single('show');
        await change('/v1/usersources/a-google', { enabled: true });
      }
    });
  });

  it('the built-in accounts of agents stay while they are the only way in for an admin that is proven', async () => {
    await page.goto(`${broker.origin}/admin/`);
    await byForm('ada');
    await heading('Hello, Ada');
    expect(await broker.api('GET', '/v1/usersources/local-agents')).toMatchObject({ proven: { settingsVersion: 1 } });
    await expect(broker.api('PATCH', '/v1/usersources/local-agents', { enabled: false })).rejects.toThrow(/: 409 /);
    await expect(broker.api('DELETE', '/v1/usersources/local-agents')).rejects.toThrow(/: 409 /);
  });

  describe('automatic SSO', () => {
    it('signs users in without a page, and lets agents in by their own door', async () => {
      company.person = TOM;
      await page.goto(`${b}/`);
      await heading('Hello, Tom Foolery');

      await anew();
      await page.goto(`${b}/agent/`);
      await heading('Agent sign-in');
      await byForm('gus');
      await heading('Hello, Gus');
      // The agents' session opens the portal, whatever is asked of users.
      await page.goto(`${b}/`);
      await heading('Hello, Gus');
      expect(company.asked).toHaveLength(1);
    });

    it('cannot be declined on the portal, and can be by agents', async () => {
      for (const path of ['/login?sso=off', '/?sso=off', '/login?lastError=x&hops=9']) {
        await page.goto(`${b}${path}`);
        await heading('Company sign-in');
      }
      expect(await status(`${b}/lost-password`)).toBe(404);
      expect(await status(`${b}/register?sso=off`)).toBe(404);
      await usersource('brand-b', 'b-agents-sso', 'multipass', {
        audience: 'agents',
        label: 'Company for agents',
        sso: 'automatic',
        settings: settingsOf(company, `${b}/sso/b-agents-sso/multipass`),
      });
      await heard();
      try {
        await page.goto(`${b}/agent/`);
        await heading('Company sign-in');
        await page.goto(`${b}/agent/?sso=off`);
        await heading('Agent sign-in');
        await byForm('gus');
        await heading('Hello, Gus');
      } finally {
        await broker.api('DELETE', '/v1/usersources/b-agents-sso');
        await heard();
      }
    });

    it('stops at an error of the upstream, says so, and waits to be asked', async () => {
      company.broken = true;
      await page.goto(`${b}/`);
      await heading('This sign-in link did not work');
      expect(company.asked).toHaveLength(1);
      await page.getByRole('link', { name: 'Try again' }).click();
      await page.getByText('That did not work.').waitFor();
      // The one button: no way round to passwords.
      expect(await offered()).toEqual(['Continue with Company sign-in']);
      expect(company.asked).toHaveLength(1);
      Object.assign(company, { broken: false, person: TOM });
      await followed('Continue with Company sign-in');
      await heading('Hello, Tom Foolery');
    });

    it('does not go round in circles, however often somebody comes back unknown', async () => {
      await page.goto(`${b}/signed-out`);
      for (let visit = 0; visit < 3; visit += 1) await page.goto(`${b}/`);
      expect(company.asked).toHaveLength(3);
      await page.goto(`${b}/`);
      await page.getByText('You were sent back and forth too often.').waitFor();
      expect(company.asked).toHaveLength(3);
    });

    it('does not sign in again whoever signed out', async () => {
      company.person = TOM;
      await page.goto(`${b}/`);
      await heading('Hello, Tom Foolery');
      await pressed('Sign out');
      await heading('You are signed out');
      await page.goto(`${b}/`);
      await page.getByText('You are signed out.').waitFor();
      expect(company.asked).toHaveLength(1);
      await followed('Continue with Company sign-in');
      await heading('Hello, Tom Foolery');
    });
  });

  describe('background SSO', () => {
    beforeAll(() => change('/v1/usersources/a-intranet', { sso: 'background' }));
    afterAll(() => change('/v1/usersources/a-intranet', { sso: 'none' }));
    /** Background SSO asks about browsers that keep cookies: the first page gives one. */
    const met = () => page.goto(`${a}/signed-out`);

    it('signs in whoever is signed in upstream, where they were going', async () => {
      company.person = JANE;
      await met();
      await page.goto(`${a}/`);
      await heading('Hello, Jane Doe');
      expect(company.asked).toEqual(['passive=1']);
    });

    it('asks once about everybody else, who see the portal as guests', async () => {
      await met();
      await page.goto(`${a}/`);
      await heading('Welcome to Acme portal');
      await page.goto(`${a}/`);
      await heading('Welcome to Acme portal');
      expect(company.asked).toEqual(['passive=1']);
      await page.goto(`${a}/login`);
      expect(await offered()).toContain('Continue with Company intranet');
      expect(company.asked).toHaveLength(1);
    });

    it('shows the sign-in page to who wanted to sign in', async () => {
      await met();
      await page.goto(`${a}/login`);
      await heading('Sign in to Acme portal');
      await byForm('uma');
      await heading('Hello, Uma');
      expect(company.asked).toEqual(['passive=1']);
    });

    it('keeps nobody out when the upstream is broken', async () => {
      company.broken = true;
      await met();
      await page.goto(`${a}/`);
      await heading('Welcome to Acme portal');
      expect(company.asked).toHaveLength(1);
    });

    it('does not sign in again whoever signed out, at no later page either', async () => {
      company.person = JANE;
      await met();
      await page.goto(`${a}/`);
      await heading('Hello, Jane Doe');
      await person.context.clearCookies({ name: 'passbroker_probe' });
      await pressed('Sign out');
      await heading('You are signed out');
      for (const path of ['/', '/', '/login']) await page.goto(`${a}${path}`);
      await heading('Sign in to Acme portal');
      expect(company.asked).toHaveLength(1);
    });

    it('can be declined by anybody', async () => {
      company.person = JANE;
      await met();
      await page.goto(`${a}/login?sso=off`);
      await heading('Sign in to Acme portal');
      expect(company.asked).toEqual([]);
    });
  });

  describe('an application', () => {
    it('that may show no page hears whether somebody is signed in', async () => {
      await page.goto(question(a, { prompt: 'none' }));
      expect((await told()).get('error')).toBe('login_required');
      await page.goto(`${a}/login`);
      await byForm('uma');
      await heading('Hello, Uma');
      await page.goto(question(a, { prompt: 'none' }));
      expect((await told()).get('code')).toBeTruthy();
    });

    it('that may show no page is answered by way of the upstream', async () => {
      await page.goto(question(b, { prompt: 'none' }));
      expect((await told()).get('error')).toBe('login_required');
      expect(company.asked).toEqual(['passive=1']);
      await anew();
      company.person = TOM;
      await page.goto(question(b, { prompt: 'none' }));
      expect((await told()).get('code')).toBeTruthy();
    });

    it('may ask for a fresh sign-in, by prompt or by age', async () => {
      await page.goto(`${a}/login`);
      await byForm('uma');
      await heading('Hello, Uma');
      await page.goto(question(a));
      expect((await told()).get('code')).toBeTruthy();
      await page.goto(question(a, { prompt: 'login' }));
      await page.getByText('Please confirm that it is you.').waitFor();
      await byForm('uma');
      expect((await told()).get('code')).toBeTruthy();
      await page.waitForTimeout(2_100);
      await page.goto(question(a, { max_age: '1' }));
      await page.getByText('Please confirm that it is you.').waitFor();
      await page.goto(question(a, { max_age: '600' }));
      expect((await told()).get('code')).toBeTruthy();
    });

    it('may let people choose among accounts', async () => {
      await page.goto(`${a}/login`);
      await byForm('uma');
      await heading('Hello, Uma');
      await page.goto(question(a, { prompt: 'select_account' }));
      await page.getByText('Choose how to sign in.').waitFor();
    });

    it('may name the person and the usersource', async () => {
      await change('/v1/brands/brand-a', { audiences: { users: { hrd: 'prefill' } } });
      try {
        await page.goto(question(a, { login_hint: 'uma@people.test' }));
        expect(await page.getByLabel('E-mail or username').inputValue()).toBe('uma@people.test');
        company.person = JANE;
        await page.goto(question(a, { idp_hint: 'a-intranet' }));
        expect((await told()).get('code')).toBeTruthy();
        expect(company.asked).toHaveLength(1);
        // A hint opens nothing that is not offered.
        await anew();
        await page.goto(question(a, { idp_hint: 'a-hidden' }));
        await heading('Sign in to Acme portal');
      } finally {
        await change('/v1/brands/brand-a', { audiences: { users: { hrd: 'off' } } });
      }
    });

    it('cannot lead past automatic SSO by a hint', async () => {
      await page.goto(question(b, { idp_hint: 'b-local' }));
      await heading('Company sign-in');
      await page.goto(question(b, { idp_hint: '' }));
      await heading('Company sign-in');
    });
  });

  it('one usersource has SSO: a second is refused, or takes it over', async () => {
    const second = { sso: 'automatic' };
    await change('/v1/usersources/a-intranet', { sso: 'background' });
    try {
      await expect(broker.api('PATCH', '/v1/usersources/a-google', second)).rejects.toThrow(/: 409 /);
      await broker.api('PATCH', '/v1/usersources/a-google?swap=true', second);
      await heard();
      expect(await broker.api('GET', '/v1/usersources/a-intranet')).toMatchObject({ sso: 'none', badge: null });
      expect(await broker.api('GET', '/v1/usersources/a-google')).toMatchObject({ badge: { mode: 'automatic' } });
      await page.goto(`${a}/`);
      await heading('Company sign-in');
    } finally {
      await change('/v1/usersources/a-google', { sso: 'none' });
    }
  });
});
