import { generateKeyPairSync } from 'node:crypto';
import { freePort, type Browser, type Form, type Page } from '@passbroker/testing';
import { signingKeys, startBareProvider, type BareProvider } from '../../../libs/testing/src/peers/bare-provider.js';
import { startBroker, type Broker } from './world/broker.js';
import { question } from './world/people.js';
import { CLIENT_SECRET, heard, isCallback, Upstreams } from './world/upstreams.js';

const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** oidc-provider as it is, upstream of two gateways: nothing of ours is on the other side. */
describe('a real OpenID provider upstream of two gateways', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let provider: BareProvider;
  let email = 'real@acme.test';
  let start: (keys?: ReturnType<typeof signingKeys>) => Promise<BareProvider>;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    const port = await freePort();
    const door = `${broker.origin}/sso/real`;
    const slugs = ['real', 'announced', 'unannounced'];
    const client = {
      ...{
        client_id: 'broker',
        client_secret: CLIENT_SECRET,
        redirect_uris: slugs.map((slug) => `${broker.origin}/sso/${slug}/callback`),
      },
      ...{ post_logout_redirect_uris: [`${door}/slo`], backchannel_logout_uri: `${door}/slo` },
      backchannel_logout_session_required: true,
    };
    const rita = () => ({ sub: 'rita', email, email_verified: true, name: 'Rita' });
    const { client_secret: _, ...byKey } = client;
    const careful = {
      ...{ ...byKey, client_id: 'careful', redirect_uris: [`${broker.origin}/sso/careful/callback`] },
      ...{ post_logout_redirect_uris: [], token_endpoint_auth_method: 'private_key_jwt' as const },
      ...{ token_endpoint_auth_signing_alg: 'ES256' as const, require_pushed_authorization_requests: true },
      // It reads our key where we publish it.
      jwks_uri: `${broker.origin}/sso/careful/metadata`,
    };
    start = (keys) => startBareProvider([client, careful], rita, port, keys);
    provider = await start();
    await upstreams.oidc('real', provider.issuer, {}, { slo: true, sso: 'background' });
    for (const slug of slugs.slice(1)) await upstreams.oidc(slug, provider.issuer);
    const byKeyAlone = { clientId: 'careful', clientSecret: undefined, privateKey: newKey(), privateKeyId: 'ours' };
    await upstreams.oidc('careful', provider.issuer, byKeyAlone);
    await upstreams.oidc('stranger', provider.issuer, { ...byKeyAlone, privateKey: newKey() });
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await provider?.close();
    await broker?.close();
  });

  const signedIn = async (browser = broker.browser(), slug = 'real'): Promise<Browser> => {
    email = `${slug}@acme.test`;
    expect(await upstreams.admitted(slug, browser)).toMatchObject({ name: 'Rita' });
    return browser;
  };
  /** As after a night: the provider still knows them, we do not. */
  const forgetHere = (browser: Browser, names = ['passbroker_session']): void => {
    for (const name of names) browser.cookies.set(`${name}=; Path=/; Max-Age=0`, new URL(broker.origin));
  };
  const isIn = async (browser: Browser): Promise<boolean> =>
    (await browser.visit('/account', { until: ({ origin }) => origin === provider.issuer })).text.includes(
      'real@acme.test',
    );
  const asked = (browser: Browser, from: number) =>
    browser.history.slice(from).filter(({ origin }) => origin === provider.issuer);
  const typing = (there: URL[]): boolean => there.some(({ pathname }) => pathname.startsWith('/walk/'));
  /** What an application hears that asks without a page, and whether the provider was asked, and showed one. */
  async function passively(browser: Browser) {
    const from = browser.history.length;
    const { location } = await browser.visit(question(broker, { prompt: 'none' }).url, { until: isCallback });
    const there = asked(browser, from);
    return { asked: there.length > 0, typed: typing(there), answer: location?.searchParams };
  }
  /** Signs in over the button; whether the provider had them type. */
  async function actively(browser: Browser, ask: Record<string, string> = {}) {
    const from = browser.history.length;
    const claims = await upstreams.claims(await upstreams.setOut('real', browser, isCallback, ask));
    expect(claims).toMatchObject({ name: 'Rita' });
    return typing(asked(browser, from));
  }

  it('is asked without a page: no, while nobody is signed in there, and yes once somebody is', async () => {
    const browser = broker.browser();
    const nobody = await passively(browser);
    expect(nobody).toMatchObject({ asked: true, typed: false });
    expect(nobody.answer?.get('error')).toBe('login_required');
    expect(await actively(browser)).toBe(true);
    forgetHere(browser, ['passbroker_session', 'passbroker_probe']);
    const known = await passively(browser);
    expect(known).toMatchObject({ asked: true, typed: false });
    expect(known.answer?.has('code')).toBe(true);
    expect(await isIn(browser)).toBe(true);
  }, 30_000);

  it('has them type again where the application wants that, and only there', async () => {
    const browser = await signedIn();
    forgetHere(browser);
    expect(await actively(browser)).toBe(false);
    forgetHere(browser);
    expect(await actively(browser, { prompt: 'login' })).toBe(true);
  }, 30_000);

  it('is asked beforehand and shown a key, where it wants that (PAR, private_key_jwt)', async () => {
    const browser = broker.browser();
    provider.asked.length = 0;
    await signedIn(browser, 'careful');
    expect(provider.asked).toContain('/request');
    const there = browser.history.find(({ origin, pathname }) => origin === provider.issuer && pathname === '/auth');
    expect([...(there?.searchParams.keys() ?? [])].sort()).toEqual(['client_id', 'request_uri']);
    const published = await broker.browser().get('/sso/careful/metadata');
    expect(published.body).toContain('"kid":"ours"');
    expect(published.body).not.toContain('"d":');
    await upstreams.refuses(
      () => upstreams.setOut('stranger'),
      ['usersource.misconfigured'],
      () => signedIn(undefined, 'careful'),
    );
  }, 30_000);

  it('is signed out of when they sign out here, and leads them back', async () => {
    const browser = await signedIn();
    const page = await browser.visit('/');
    const confirm = await browser.submit(logoutForm(page));
    expect([confirm.url.origin, confirm.url.searchParams.has('id_token_hint')]).toEqual([provider.issuer, true]);
    const back = await browser.click('Yes');
    expect([back.url.origin, back.status]).toEqual([broker.origin, 200]);
    expect(await isIn(browser)).toBe(false);
    expect((await passively(browser)).answer?.get('error')).toBe('login_required');
  }, 30_000);

  it('ends the sessions here of whom it signs out, and nobody else’s', async () => {
    const [browser, bystander] = [await signedIn(), await signedIn()];
    await browser.visit(`${provider.issuer}/session/end`);
    await browser.click('Yes');
    await until(async () => !(await isIn(browser)));
    expect(await isIn(bystander)).toBe(true);
  }, 30_000);

  it('changes its keys with a word beforehand, and is not asked for them again', async () => {
    const [before, after] = [signingKeys(), signingKeys()];
    await restart([...before, ...after]);
    await signedIn(undefined, 'announced');
    await restart([...after, ...before]);
    await signedIn(undefined, 'announced');
    expect(provider.asked).toContain('/token');
    expect(provider.asked).not.toContain('/jwks');
  }, 30_000);

  it('changes its keys without a word, and is asked for them once', async () => {
    await signedIn(undefined, 'unannounced');
    await restart();
    await signedIn(undefined, 'unannounced');
    await signedIn(undefined, 'unannounced');
    expect(provider.asked.filter((path) => path === '/jwks')).toHaveLength(1);
  }, 30_000);

  async function restart(keys = signingKeys()): Promise<void> {
    await provider.close();
    provider = await start(keys);
  }
});

const logoutForm = (page: Page): Form => {
  const form = page.forms.find(({ action }) => action.pathname === '/logout');
  if (!form) throw new Error(page.text);
  return form;
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error('it never came true');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
