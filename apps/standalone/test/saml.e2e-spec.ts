import { Redis } from 'ioredis';
import type { Browser, Page } from '@passbroker/testing';
import { makePair } from '../../../libs/saml/test/certificate.js';
import { SamlIdp, type SamlAsk, type SamlPerson, type SamlWish } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, REDIRECT, redeem, type Question } from './world/people.js';

const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
const ours = makePair({ name: 'service provider' });

const person = (nameId: string): SamlPerson => ({
  nameId,
  attributes: { email: [`${nameId}@acme.test`], displayName: [nameId === 'alice' ? 'Alice' : nameId], role: ['user'] },
});

/** Two gateways, two minters, and an identity provider that does as it is told. */
describe('SAML over two gateways', () => {
  let broker: Broker;
  let redis: Redis;
  let idp: SamlIdp;
  let clientSecret: string;
  let ids: { usersource: string; application: string };

  beforeAll(async () => {
    broker = await startBroker();
    redis = new Redis(broker.redisUrl);
    idp = new SamlIdp('');
    await idp.listen();
    idp.slo = `${broker.origin}/sso/idp/slo`;
    const configured = await configure(broker, { sso: 'none' });
    clientSecret = configured.clientSecret;
    const saml = await add('idp', {
      metadataUrl: `${idp.origin}/metadata`,
      spKey: ours.key,
      spCertificate: ours.certificate,
    });
    ids = { usersource: String(saml['id']), application: configured.application };
  }, 90_000);
  afterAll(async () => {
    redis?.disconnect();
    await idp?.close();
    await broker?.close();
  });
  beforeEach(() => {
    idp.wish = {};
    idp.person = person('alice');
  });

  const add = (slug: string, settings: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    broker.api('POST', '/v1/usersources', {
      ...{ slug, type: 'saml', brand: 'default', audience: 'users', label: `By ${slug}`, enabled: true, order: 5 },
      ...{ sso: slug === 'idp' ? 'automatic' : 'none', display: 'button', forwardPassive: true, jit: { create: 'on' } },
      linking: { mode: 'prove', authoritativeDomains: ['acme.test'] },
      settings,
      ...more,
    });

  const sessions = async (): Promise<number> => (await redis.keys('session:*')).length;

  /** From the application's question to the form that the identity provider shows. */
  async function upToForm(
    browser: Browser,
    extra: Record<string, string> = {},
  ): Promise<{ asked: Question; page: Page }> {
    const asked = question(broker, extra);
    return { asked, page: await browser.visit(asked.url, { until: isCallback }) };
  }

  async function signIn(browser: Browser, extra: Record<string, string> = {}) {
    const { asked, page } = await upToForm(browser, extra);
    const form = page.forms[0];
    if (!form) throw new Error(`no form: ${page.status} ${page.text}`);
    return { asked, form, page: await browser.submit(form, {}, { until: isCallback }) };
  }

  it('sign somebody in from an application to its pass', async () => {
    const { asked, page } = await signIn(broker.browser());
    if (!page.location) throw new Error(`no answer: ${page.status} ${page.text}`);
    const { status, body } = await redeem(broker, clientSecret, page.location, asked);
    expect(status).toBe(200);
    const claims: unknown = JSON.parse(
      Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toMatchObject({ email: 'alice@acme.test', name: 'Alice' });
    expect(broker.log.join('\n')).not.toMatch(/SAMLResponse=|<saml|alice@acme\.test/);
  });

  it('read what is encrypted to them', async () => {
    idp.wish = { encryptTo: ours.certificate };
    const { page } = await signIn(broker.browser());
    expect(page.location?.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('pass on that somebody must sign in freshly', async () => {
    idp.person = { ...person('alice'), signedInAgo: 0 };
    await signIn(broker.browser(), { prompt: 'login' });
    expect(idp.asks.at(-1)).toMatchObject({ forceAuthn: true });
  });

  it('ask without a page, and tell the application that nobody is signed in there', async () => {
    idp.person = undefined;
    const { page } = await signIn(broker.browser(), { prompt: 'none' });
    expect(idp.asks.at(-1)).toMatchObject({ isPassive: true });
    expect(page.location?.searchParams.get('error')).toBe('login_required');
    idp.person = person('alice');
    const there = await signIn(broker.browser(), { prompt: 'none' });
    expect(there.page.location?.searchParams.has('code')).toBe(true);
  });

  /** The form as it would be posted, and who may post it. */
  async function held(
    wish: SamlWish = {},
  ): Promise<{ browser: Browser; ask: SamlAsk; fields: Record<string, string> }> {
    const browser = broker.browser();
    await upToForm(browser);
    const ask = idp.asks.at(-1);
    if (!ask) throw new Error('nothing was asked');
    return { browser, ask, fields: idp.respond(ask, wish) };
  }

  const send = async (browser: Browser, fields: Record<string, string>, slug = 'idp'): Promise<Page> =>
    browser.follow(await browser.post(`${broker.origin}/sso/${slug}/acs`, fields), { until: isCallback });

  it('SAML-SP-096: refuse the response of another browser, and the same response again', async () => {
    const { browser, fields } = await held();
    const other = broker.browser();
    await upToForm(other);
    expect((await send(other, fields)).status).toBe(403);
    expect((await send(browser, fields)).location?.searchParams.has('code')).toBe(true);
    const before = await sessions();
    const again = await send(broker.browser(), fields);
    expect(again.status).toBe(403);
    expect(await sessions()).toBe(before);
  });

  it('SAML-SP-098: refuse a response to another usersource (mix-up), and two messages in one form', async () => {
    const { browser, fields } = await held();
    await add('other', { metadata: idp.metadata() });
    expect((await send(browser, fields, 'other')).status).toBe(403);
    const twice = await held();
    const body = new URLSearchParams(twice.fields).toString();
    const doubled = await twice.browser.post(`${broker.origin}/sso/idp/acs`, `${body}&${body}`);
    expect(doubled.status).toBe(400);
    expect((await send(twice.browser, twice.fields)).location?.searchParams.has('code')).toBe(true);
  });

  it("SAML-SP-103: show a page of their own when upstream says no, with none of upstream's words", async () => {
    const { browser, ask } = await held();
    const page = await send(browser, idp.refuse(ask, 'AuthnFailed'));
    expect(page.status).toBe(403);
    expect(page.body).not.toMatch(/alert\(|AuthnFailed/);
  });

  it('refuse a message that is too long', async () => {
    const { browser, ask } = await held();
    const fields = { ...idp.respond(ask), SAMLResponse: 'A'.repeat(150_000) };
    expect((await browser.post(`${broker.origin}/sso/idp/acs`, fields)).status).toBe(413);
  });

  it('refuse everybody within a second once the usersource is switched off', async () => {
    const { browser, fields } = await held();
    await broker.api('PATCH', `/v1/usersources/${ids.usersource}`, { enabled: false });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = await sessions();
    const off = await send(browser, fields);
    expect(off.location?.searchParams.get('error')).toBe('access_denied');
    expect(off.location?.searchParams.has('code')).toBe(false);
    expect(await sessions()).toBe(before);
    await broker.api('PATCH', `/v1/usersources/${ids.usersource}`, { enabled: true });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const next = await held();
    expect((await send(next.browser, next.fields)).location?.searchParams.has('code')).toBe(true);
  });

  describe('begun by the identity provider', () => {
    const unasked = { assertion: { inResponseTo: '' }, response: { inResponseTo: '' } };
    const fieldsFor = (slug: string): Record<string, string> => {
      const origin = `${broker.origin}/sso/${slug}`;
      return idp.respond(
        { id: '', acs: `${origin}/acs`, issuer: `${origin}/metadata`, relayState: undefined },
        unasked,
      );
    };

    it('SAML-SP-104: are refused unless that is switched on', async () => {
      expect((await send(broker.browser(), fieldsFor('idp'))).status).toBe(403);
    });

    it('SAML-SP-074: let one of a hundred parallel posts of one response win', async () => {
      await add('portal', { metadata: idp.metadata(), idpInitiated: true, relayStates: ['https://help.acme.test/*'] });
      for (let round = 0; round < 5; round += 1) {
        idp.person = person(`parallel-${round}`);
        const body = new URLSearchParams(fieldsFor('portal')).toString();
        const before = await sessions();
        const statuses = await Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            const headers = {
              'content-type': 'application/x-www-form-urlencoded',
              'x-test-replica': String(index % 2),
            };
            const url = `${broker.origin}/sso/portal/acs`;
            const posted = await fetch(url, { method: 'POST', redirect: 'manual', headers, body });
            await posted.arrayBuffer();
            const next = new URL(posted.headers.get('location') ?? '', broker.origin);
            const arrived = await fetch(next, { redirect: 'manual', headers: { 'x-test-replica': String(index % 2) } });
            await arrived.arrayBuffer();
            return arrived.status;
          }),
        );
        expect((await sessions()) - before).toBe(1);
        expect(statuses.filter((status) => status < 400)).toHaveLength(1);
        expect(statuses.filter((status) => status >= 500)).toHaveLength(0);
      }
    }, 120_000);
  });

  describe('signing out', () => {
    const isSignedIn = async (browser: Browser): Promise<boolean> =>
      (await browser.visit(question(broker, { prompt: 'none' }).url, { until: isCallback })).location?.searchParams.has(
        'code',
      ) === true;

    it('ends the sessions here when upstream says so, once', async () => {
      idp.person = person('leaver');
      const browser = broker.browser();
      await signIn(browser);
      expect(await isSignedIn(browser)).toBe(true);
      const asked = await idp.endSession(`${broker.origin}/sso/idp/slo`, 'leaver', idp.sessionOf('leaver'), 'theirs');
      const unsigned = new URL(asked.href.replace(/&SigAlg=.*/, ''));
      expect((await broker.browser().get(unsigned)).status).toBe(403);
      idp.person = undefined;
      const answered = await broker.browser().get(asked);
      expect(answered.location?.href).toContain(`${idp.origin}/slo?SAMLResponse=`);
      expect(answered.location?.searchParams.get('RelayState')).toBe('theirs');
      expect(await isSignedIn(browser)).toBe(false);
      expect((await broker.browser().get(asked)).status).toBe(403);
    });

    it('goes over upstream and comes back', async () => {
      const browser = broker.browser();
      await signIn(browser);
      const page = await browser.visit(`${broker.origin}/logout`);
      const form = page.forms.find(({ action }) => action.pathname === '/logout') ?? page.forms[0];
      const end = form ? await browser.submit(form) : page;
      expect(browser.history.some((url) => url.origin === idp.origin && url.pathname === '/slo')).toBe(true);
      expect(end.url.href).toBe(`${broker.origin}/signed-out`);
    });
  });

  it('heal a key that upstream changed and told nobody about', async () => {
    idp.rollOver(true);
    const { page } = await signIn(broker.browser());
    expect(page.location?.searchParams.has('code')).toBe(true);
  });

  it("show our metadata to upstream's admin, signed", async () => {
    const page = await broker.browser().get(`${broker.origin}/sso/idp/metadata`);
    expect(page.headers['content-type']).toContain('application/samlmetadata+xml');
    expect(page.body).toContain(`Location="${broker.origin}/sso/idp/acs"`);
    expect(page.body).not.toContain('PRIVATE');
  });
});
