import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, type Browser } from '@passbroker/testing';
import { helpDeskAt, type HelpDesk } from './world/applications.js';
import { launch, somebody } from './world/chromium.js';
import { redeem } from './world/people.js';
import { formWith, hasCode, isCallback, NEWS_MS, samlWorld, type SamlWorld } from './world/simplesamlphp.js';

const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes';

describeWith(['simplesamlphp', 'php'], "people of Debian's SimpleSAMLphp", () => {
  let world: SamlWorld;
  let home: string;
  let idpRecord: string;

  beforeAll(async () => {
    world = await samlWorld();
    home = `${world.broker.origin}/`;
    idpRecord = await world.add('idp', {}, { sso: 'automatic' });
  }, 90_000);
  afterAll(() => world?.close());
  const asUsual = { encryption: 'none', logout: 'traditional', signsLogout: true, sessionSeconds: 28_800 } as const;
  afterEach(() => world.idp.set(asUsual));

  const newBrowser = (): Browser => world.broker.browser();

  describe('who sign in', () => {
    it('come from an application, by a signed request in an address, to its pass', async () => {
      const browser = newBrowser();
      const { asked, page, typed } = await world.signIn(browser);
      expect(typed).toBe(true);
      if (!page.location) throw new Error(`no answer: ${page.status} ${page.text}`);
      const { body } = await redeem(world.broker, world.clientSecret, page.location, asked);
      const claims = Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString();
      const alice = { email: 'alice@acme.test', email_verified: true, name: 'Alice Ember' };
      expect(JSON.parse(claims)).toMatchObject(alice);
      const request = browser.history.find(({ pathname }) => pathname.endsWith('SSOService.php'));
      expect(request?.searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
      expect(world.broker.log.join('\n')).not.toMatch(/SAMLResponse=|<saml|alice@acme\.test/);
    });

    it('come by a signed request in a form', async () => {
      await world.add('posting', { requestBinding: 'post' });
      const browser = newBrowser();
      const page = await browser.visit(`${home}sso/start/posting`);
      const sent = Buffer.from(formWith(page, 'SAMLRequest')?.fields['SAMLRequest'] ?? '', 'base64').toString();
      expect(sent).toContain('SignatureValue>');
      const { form } = await world.atUpstream(browser, page);
      expect((await browser.submit(form)).url.href).toBe(home);
    });

    it('are turned away there when our request is not signed', async () => {
      const id = await world.add('unsigned');
      expect((await world.enter(newBrowser(), 'unsigned')).url.href).toBe(home);
      await world.broker.api('PATCH', `/v1/usersources/${id}`, { settings: { signRequests: false } });
      await sleep(NEWS_MS);
      const page = await newBrowser().visit(`${home}sso/start/unsigned`);
      expect(page.url.origin).toBe(world.idp.origin);
      expect(formWith(page, 'password')).toBeUndefined();
      expect(page.text).toContain('no signature found on message');
    });

    it('prove themselves again when the application wants it, and only then', async () => {
      const browser = newBrowser();
      await world.signIn(browser);
      expect(await world.signIn(browser)).toMatchObject({ typed: false });
      const { page, typed } = await world.signIn(browser, { prompt: 'login' });
      expect(typed).toBe(true);
      expect(hasCode(page)).toBe(true);
    });

    it('come in the context that was asked for, and in no other', async () => {
      await world.add('password-context', { authnContexts: [`${CLASSES}:Password`] });
      await world.add('card-context', { authnContexts: [`${CLASSES}:SmartcardPKI`] });
      expect((await world.enter(newBrowser(), 'password-context')).url.href).toBe(home);
      const before = await world.sessions();
      expect((await world.enter(newBrowser(), 'card-context')).status).toBe(403);
      expect(await world.sessions()).toBe(before);
    });

    it('come by an encrypted assertion, but by none that could be changed unnoticed (SAML-SP-112)', async () => {
      await world.add('sealed', { requireEncryption: true });
      await world.idp.set({ encryption: 'gcm' });
      expect((await world.enter(newBrowser(), 'sealed')).url.href).toBe(home);
      const before = await world.sessions();
      for (const encryption of ['cbc', 'none'] as const) {
        await world.idp.set({ encryption });
        expect((await world.enter(newBrowser(), 'sealed')).status).toBe(403);
      }
      expect(await world.sessions()).toBe(before);
    });

    it('are signed in no longer than they are there (SAML-SP-082)', async () => {
      const [short, usual] = [newBrowser(), newBrowser()];
      await world.signIn(usual);
      await world.idp.set({ sessionSeconds: 6 });
      await world.signIn(short);
      expect([await world.isSignedIn(short), await world.isSignedIn(usual)]).toEqual([true, true]);
      await sleep(6_500);
      expect([await world.isSignedIn(short), await world.isSignedIn(usual)]).toEqual([false, true]);
    });

    it('are refused within a second once the usersource is switched off', async () => {
      const browser = newBrowser();
      const page = await browser.visit(`${home}sso/start/idp`);
      const { form } = await world.atUpstream(browser, page);
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { enabled: false });
      await sleep(NEWS_MS);
      const before = await world.sessions();
      expect((await browser.submit(form)).status).toBe(403);
      expect(await world.sessions()).toBe(before);
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { enabled: true, sso: 'automatic' });
      await sleep(NEWS_MS);
      expect((await world.enter(newBrowser(), 'idp')).url.href).toBe(home);
    });
  });

  describe('who are looked for without a page', () => {
    beforeAll(async () => {
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { sso: 'background' });
      await sleep(NEWS_MS);
    });
    afterAll(async () => {
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { sso: 'automatic' });
      await sleep(NEWS_MS);
    });

    const asked = (browser: Browser): boolean => browser.history.some(({ origin }) => origin === world.idp.origin);

    it('come in when they are signed in there', async () => {
      await world.add('other');
      const browser = newBrowser();
      await world.enter(browser, 'other');
      browser.cookies.set('passbroker_session=; Path=/; Max-Age=0', new URL(home));
      const page = await browser.visit(home);
      const { form, typed } = await world.atUpstream(browser, page);
      expect(typed).toBe(false);
      expect((await browser.submit(form)).text).toContain('Hello, Alice Ember');
    });

    it('are guests when they are not, and see no page of the identity provider', async () => {
      const browser = newBrowser();
      await browser.visit(`${home}signed-out`);
      const page = await browser.visit(home);
      expect(asked(browser)).toBe(true);
      const { form, typed } = await world.atUpstream(browser, page);
      expect(typed).toBe(false);
      const shown = await browser.submit(form);
      expect(shown.status).toBe(200);
      expect(shown.url.href).toBe(home);
      expect(shown.text).not.toContain('Hello');
    });
  });

  describe('whom the identity provider brings unasked', () => {
    const unasked = async (browser: Browser, slug: string, relayState?: string) => {
      const page = await browser.visit(world.idp.unasked(world.entityId(slug), relayState));
      return (await world.atUpstream(browser, page)).form;
    };

    it('are refused, unless that is switched on (SAML-SP-104)', async () => {
      const browser = newBrowser();
      const before = await world.sessions();
      expect((await browser.submit(await unasked(browser, 'idp'))).status).toBe(403);
      expect(await world.sessions()).toBe(before);
      await world.add('dashboard', { idpInitiated: true, relayStates: ['http://localhost:4999/*'] });
      expect((await browser.submit(await unasked(browser, 'dashboard'))).text).toContain('Hello, Alice Ember');
    });

    it('go where its dashboard sends them, if that is listed (SAML-SP-109)', async () => {
      const listed = newBrowser();
      const form = await unasked(listed, 'dashboard', 'http://localhost:4999/cb?wanted');
      expect((await listed.submit(form, {}, { until: isCallback })).location?.search).toBe('?wanted');
      const elsewhere = newBrowser();
      const away = await elsewhere.submit(await unasked(elsewhere, 'dashboard', 'https://attacker.test/'));
      expect(away.url.href).toBe(home);
    });

    it('are one session, of a hundred parallel posts of one response over two gateways (SAML-SP-074)', async () => {
      const body = new URLSearchParams((await unasked(newBrowser(), 'dashboard')).fields).toString();
      const before = await world.sessions();
      const statuses = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const replica = { 'x-test-replica': String(index % 2) };
          const posted = await fetch(`${home}sso/dashboard/acs`, {
            ...{ method: 'POST', redirect: 'manual', body },
            headers: { ...replica, 'content-type': 'application/x-www-form-urlencoded' },
          });
          const next = new URL(posted.headers.get('location') ?? '', home);
          return (await fetch(next, { redirect: 'manual', headers: replica })).status;
        }),
      );
      expect((await world.sessions()) - before).toBe(1);
      expect(statuses.filter((status) => status < 400)).toHaveLength(1);
      expect(statuses.filter((status) => status >= 500)).toHaveLength(0);
    });
  });

  describe('who sign out', () => {
    let desk: HelpDesk;

    beforeAll(async () => {
      desk = await helpDeskAt(world.broker, 'desk', 'users');
      await sleep(NEWS_MS);
    });
    afterAll(() => desk?.close());

    /** At the help desk, which keeps a session of its own. */
    async function atDesk(browser: Browser, who?: string): Promise<void> {
      const page = await browser.visit(`${desk.url}/sign-in`);
      const { form } = await world.atUpstream(browser, page, who);
      expect((await browser.submit(form)).url.href).toBe(`${desk.url}/`);
    }
    const knownAtDesk = async (browser: Browser): Promise<boolean> =>
      (await browser.get(`${desk.url}/`)).text.includes('Alice Ember');
    /** The back channel is not waited for. */
    async function leftDesk(browser: Browser): Promise<boolean> {
      for (let tries = 0; tries < 50 && (await knownAtDesk(browser)); tries += 1) await sleep(100);
      return !(await knownAtDesk(browser));
    }
    /** The identity provider asks for no password. */
    const knownThere = async (browser: Browser): Promise<boolean> => {
      const page = await browser.visit(`${home}sso/start/idp`);
      return formWith(page, 'password') === undefined;
    };

    it('here, have signed out there and at every application too', async () => {
      const [here, elsewhere] = [newBrowser(), newBrowser()];
      await atDesk(here);
      await atDesk(elsewhere);
      await here.visit(`${home}logout`);
      const end = await here.click('Sign out');
      expect(end.url.href).toBe(`${home}signed-out`);
      expect(await knownAtDesk(here)).toBe(false);
      expect(await world.isSignedIn(here)).toBe(false);
      expect(await knownThere(here)).toBe(false);
      // Another browser is another session, at all three.
      expect(await knownAtDesk(elsewhere)).toBe(true);
      expect(await world.isSignedIn(elsewhere)).toBe(true);
      expect(await knownThere(elsewhere)).toBe(true);
    });

    it('there, have signed out here and at every application too, in that browser', async () => {
      const [here, elsewhere] = [newBrowser(), newBrowser()];
      await atDesk(here);
      await atDesk(elsewhere);
      expect(await knownAtDesk(here)).toBe(true);
      expect(await world.isSignedIn(here)).toBe(true);
      const end = await here.visit(world.idp.logoutUrl(`${home}signed-out`));
      expect(here.history.some(({ pathname }) => pathname === '/sso/idp/slo')).toBe(true);
      expect(end.url.href).toBe(`${home}signed-out`);
      expect(await world.isSignedIn(here)).toBe(false);
      expect(await leftDesk(here)).toBe(true);
      expect(await world.isSignedIn(elsewhere)).toBe(true);
      expect(await knownAtDesk(elsewhere)).toBe(true);
    });

    it('here, are not kept by an answer that nobody signed', async () => {
      const browser = newBrowser();
      await world.signIn(browser);
      await world.idp.set({ signsLogout: false });
      await browser.visit(`${home}logout`);
      const end = await browser.click('Sign out');
      expect(browser.history.some(({ searchParams }) => searchParams.has('SAMLResponse'))).toBe(true);
      expect(end.url.href).toBe(`${home}signed-out`);
      const refused = world.broker.log.filter((line) => line.includes('upstream.untrusted'));
      expect(refused.at(-1)).toContain('is not signed');
      expect(await knownThere(browser)).toBe(false);
    });

    it('there, have not signed out here when nobody signed it (SAML-SP-118)', async () => {
      const browser = newBrowser();
      await world.signIn(browser);
      await world.idp.set({ signsLogout: false });
      expect((await browser.visit(world.idp.logoutUrl(`${home}signed-out`))).status).toBe(403);
      expect(await world.isSignedIn(browser)).toBe(true);
    });

    it('here only, where `slo` is off', async () => {
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { slo: false });
      await sleep(NEWS_MS);
      const browser = newBrowser();
      await world.signIn(browser);
      await browser.visit(`${home}logout`);
      expect((await browser.click('Sign out')).url.href).toBe(`${home}signed-out`);
      expect(await world.isSignedIn(browser)).toBe(false);
      expect(await knownThere(browser)).toBe(true);
      await world.broker.api('PATCH', `/v1/usersources/${idpRecord}`, { slo: true });
      await sleep(NEWS_MS);
    });
  });

  describeWith('chromium', 'in Chromium', () => {
    it('sign in, and out of every frame at once', async () => {
      const chromium = await launch();
      try {
        const { page, complaints } = await somebody(chromium);
        await page.goto(`${home}sso/start/idp`);
        await page.fill('#username', 'alice');
        await page.fill('#password', 'alice at home');
        await page.press('#password', 'Enter');
        await page.getByRole('heading', { name: 'Hello, Alice Ember' }).waitFor();
        await world.idp.set({ logout: 'iframe' });
        await page.goto(world.idp.logoutUrl(`${home}signed-out`));
        const heard = page.waitForResponse((answer) => answer.url().startsWith(`${home}sso/idp/slo`));
        await page.getByRole('button', { name: 'Yes, all services' }).click();
        expect((await heard).status()).toBe(303);
        await page.waitForURL(`${home}signed-out`);
        await page.goto(home);
        expect(await page.getByText('Hello, Alice Ember').count()).toBe(0);
        // The identity provider's own pages miss a picture.
        expect(complaints.filter((complaint) => !complaint.startsWith('/module.php/'))).toEqual([]);
      } finally {
        await chromium.close();
      }
    });
  });
});
