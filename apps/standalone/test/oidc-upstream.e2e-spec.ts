import { startHostileOp, type Browser, type HostileOp, type Json } from '@passbroker/testing';
import { startBareProvider, type BareProvider } from '../../../libs/testing/src/peers/bare-provider.js';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, REDIRECT, redeem } from './world/people.js';

const SECRET = 'a client secret of more than 32 bytes';
const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
const seconds = (): number => Math.floor(Date.now() / 1_000);

/** Two gateways, two minters; a provider that does as it is told, and a real one. */
describe('OpenID providers over two gateways', () => {
  let broker: Broker;
  let op: HostileOp;
  let real: BareProvider;
  let clientSecret: string;
  let keys: HostileOp['keys'];

  beforeAll(async () => {
    broker = await startBroker();
    op = await startHostileOp();
    keys = op.keys;
    const client = {
      client_id: 'broker',
      client_secret: SECRET,
      redirect_uris: [`${broker.origin}/sso/real/callback`],
    };
    real = await startBareProvider(
      [{ ...client, post_logout_redirect_uris: [`${broker.origin}/sso/real/slo`] }],
      () => ({ sub: 'rita', email: 'rita@acme.test', email_verified: true, name: 'Rita' }),
    );
    ({ clientSecret } = await configure(broker, { sso: 'none' }));
    await add('op', op.issuer);
    await add('real', real.issuer);
  }, 90_000);
  afterAll(async () => {
    await op?.close();
    await real?.close();
    await broker?.close();
  });
  beforeEach(() => {
    op.script = {};
    op.error = undefined;
    op.session = undefined;
    op.keys = keys;
    op.person = { sub: 'jane', email: 'jane@acme.test', email_verified: true, name: 'Jane' };
  });

  const add = (slug: string, issuer: string) =>
    broker.api('POST', '/v1/usersources', {
      ...{ slug, type: 'oidc', brand: 'default', audience: 'users', label: `By ${slug}`, enabled: true, order: 5 },
      ...{
        sso: 'none',
        display: 'button',
        jit: { create: 'on' },
        linking: { mode: 'prove', authoritativeDomains: [] },
      },
      ...{ slo: true, settings: { issuer, clientId: 'broker', clientSecret: SECRET } },
    });

  /** From the application's question over the button of `slug` to the application's address. */
  async function signIn(browser: Browser, slug = 'op') {
    const asked = question(broker);
    const page = await browser.visit(asked.url);
    const href = new RegExp(`href="(/sso/start/${slug}[^"]*)"`).exec(page.body)?.[1]?.replaceAll('&amp;', '&');
    const last = await browser.visit(`${broker.origin}${href ?? ''}`, { until: isCallback });
    return { asked, last, answer: last.location };
  }
  const isIn = async (browser: Browser): Promise<boolean> =>
    /Signed in|Hello|Jane|Rita/.test((await browser.visit('/')).text);
  async function admitted(browser = broker.browser(), slug = 'op'): Promise<Json> {
    const { asked, answer, last } = await signIn(browser, slug);
    if (!answer) throw new Error(`${last.status} ${last.text}`);
    const { body } = await redeem(broker, clientSecret, answer, asked);
    const [, payload = ''] = String(body['id_token']).split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
  }
  /** Refused: no answer at the application, no session, and not our fault. */
  async function refused(browser = broker.browser()): Promise<void> {
    const { last, answer } = await signIn(browser);
    expect(answer?.searchParams.get('code') ?? null).toBeNull();
    expect(last.status).toBeLessThan(500);
    expect(await isIn(browser)).toBe(false);
  }

  it('lets people in through a provider, into an application', async () => {
    expect(await admitted()).toMatchObject({ name: 'Jane', email: 'jane@acme.test' });
    expect(await admitted(broker.browser(), 'real')).toMatchObject({ name: 'Rita' });
  }, 30_000);

  it('OIDC-RP-002, OIDC-RP-018: takes an answer once, in the browser that set out, at its own door', async () => {
    const browser = broker.browser();
    await signIn(browser);
    const callback = browser.history.findLast(({ pathname }) => pathname === '/sso/op/callback');
    if (!callback) throw new Error('nobody came back');
    for (const somebody of [broker.browser(), browser]) {
      const page = await somebody.get(callback);
      expect(page.status).toBeLessThan(500);
      expect(page.text).not.toContain('Jane');
    }
    const elsewhere = new URL(callback);
    elsewhere.pathname = '/sso/real/callback';
    const other = broker.browser();
    await other.visit(elsewhere);
    expect(await isIn(other)).toBe(false);
    expect(await isIn(browser)).toBe(true);
  }, 30_000);

  it('OIDC-RP-028: begins nowhere but at the provider of the settings', async () => {
    const query = new URLSearchParams({
      iss: 'https://evil.test',
      target_link_uri: 'https://evil.test/',
      login_hint: 'x',
    });
    const page = await broker.browser().get(`/sso/start/op?${query.toString()}`);
    expect(page.location?.origin).toBe(new URL(op.issuer).origin);
    expect(page.location?.href).not.toContain('evil');
  });

  it('hears that somebody would rather not, and shows a page', async () => {
    op.error = 'access_denied';
    await refused();
  }, 30_000);

  it('goes over the provider when somebody signs out, and ends the session there', async () => {
    const browser = broker.browser();
    await signIn(browser);
    expect(op.session).toBeDefined();
    const page = await browser.visit('/');
    const form = page.forms.find(({ action }) => action.pathname === '/logout');
    if (!form) throw new Error(page.text);
    const last = await browser.submit(form);
    await browser.follow(last);
    expect(browser.history.map(({ pathname }) => pathname)).toEqual(expect.arrayContaining(['/end', '/sso/op/slo']));
    expect(op.session).toBeUndefined();
    expect(await isIn(browser)).toBe(false);
  }, 30_000);

  it('asks the provider without a page, and is told that nobody is signed in there', async () => {
    await broker.api('PATCH', '/v1/usersources/op', { sso: 'background' });
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // Until every gateway has heard of it.
    const browser = broker.browser();
    const before = op.heard.length;
    const asked = question(broker, { prompt: 'none' });
    const nobody = await browser.visit(asked.url, { until: isCallback });
    expect(nobody.location?.searchParams.get('error')).toBe('login_required');
    expect(
      op.heard
        .slice(before)
        .find(({ path }) => path === '/authorize')
        ?.query.get('prompt'),
    ).toBe('none');
    op.session = { sid: 's-1', authTime: seconds() };
    const known = await broker.browser().visit(question(broker, { prompt: 'none' }).url, { until: isCallback });
    expect(known.location?.searchParams.get('code')).toEqual(expect.any(String));
    await broker.api('PATCH', '/v1/usersources/op', { sso: 'none' });
  }, 30_000);

  // The last one: the old key is not looked for again within the minute.
  it('heals an unannounced roll-over of keys', async () => {
    await admitted();
    op.rotate('ES256');
    expect(await admitted()).toMatchObject({ name: 'Jane' });
  }, 30_000);
});
