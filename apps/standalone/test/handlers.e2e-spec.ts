import { describeWith, startPhpHandler, startPythonHandler, type LoginHandler } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { API_KEY, CALLBACK, configure, question, redeem, SITE_KEY } from './world/people.js';
import { claimsOf, helpDeskAt, type HelpDesk } from './world/applications.js';

const zoe = { uid: 'emp-1002', email: 'zoe.mueller@acme.test', name: 'Zoë "Z" O’Müller 田中' };
const isApplication = (url: URL): boolean => url.port === '4999';

let broker: Broker;
let helpDesk: HelpDesk;
let configured: Awaited<ReturnType<typeof configure>>;

beforeAll(async () => {
  broker = await startBroker();
  configured = await configure(broker);
  helpDesk = await helpDeskAt(broker, 'desk', 'users');
}, 60_000);
afterAll(async () => {
  await helpDesk?.close();
  await broker?.close();
});

/** What the documents promise to whoever writes a login page handler, in whatever language. */
function promises(start: typeof startPhpHandler): void {
  let handler: LoginHandler;

  beforeAll(async () => {
    handler = await start({
      siteKey: SITE_KEY,
      apiKey: API_KEY,
      callback: `${broker.origin}${CALLBACK}`,
      user: zoe,
    });
    await broker.api('PATCH', `/v1/usersources/${configured.usersource}`, {
      settings: { remoteLoginUrl: handler.url },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  });
  afterAll(() => handler?.stop());

  const isHandler = (url: URL): boolean => url.origin === new URL(handler.url).origin;
  const isCallback = (url: URL): boolean => url.pathname === CALLBACK;

  it('somebody comes from an application, by the handler, and is greeted by name', async () => {
    const browser = broker.browser();
    const desk = await browser.visit(`${helpDesk.url}/sign-in`);
    expect(desk.url.origin).toBe(helpDesk.url);
    expect(desk.text).toContain(`Hello, ${zoe.name}!`);
    expect(desk.text).toContain(zoe.email);
    expect(browser.history.filter(isHandler)).toHaveLength(1);
    expect(browser.history.filter(isCallback)).toHaveLength(1);
  });

  it('the application gets a code, and for the code tokens that say who it is', async () => {
    const browser = broker.browser();
    const asked = question(broker);
    const page = await browser.visit(asked.url, { until: isApplication });
    if (!page.location) throw new Error(`no answer at the application: ${page.text}`);
    const { status, body } = await redeem(broker, configured.clientSecret, page.location, asked);
    expect(status).toBe(200);
    const claims = await claimsOf(broker, body['id_token'], 'helpdesk');
    expect(claims).toMatchObject({ nonce: new URL(asked.url).searchParams.get('nonce'), sub: expect.any(String) });
    const userinfo = await fetch(`${broker.origin}/oidc/me`, {
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    expect(await userinfo.json()).toMatchObject({ sub: claims.sub, name: zoe.name, email: zoe.email });
  });

  it('the second visit needs neither the handler nor another token', async () => {
    const browser = broker.browser();
    await browser.visit(question(broker).url, { until: isApplication });
    expect(browser.history.filter(isHandler)).toHaveLength(1);
    const page = await browser.visit(question(broker).url, { until: isApplication });
    expect(page.location?.searchParams.get('code')).toBeTruthy();
    expect(browser.history.filter(isHandler)).toHaveLength(1);
  });

  it('a token that was changed on its way signs nobody in', async () => {
    const handed = async () => {
      const browser = broker.browser();
      const { location } = await browser.visit(question(broker).url, { until: isCallback });
      if (!location) throw new Error('the handler sent nobody back');
      return { browser, location };
    };
    // Positive control: the very same walk, untouched, ends at the application.
    const honest = await handed();
    const accepted = await honest.browser.visit(honest.location, { until: isApplication });
    expect(accepted.location?.searchParams.get('code')).toBeTruthy();

    for (const member of ['multipass', 'signature']) {
      const { browser, location } = await handed();
      const bytes = Buffer.from(location.searchParams.get(member) ?? '', 'base64');
      bytes[5] = (bytes[5] ?? 0) ^ 1;
      location.searchParams.set(member, bytes.toString('base64'));
      const reasons = () => broker.log.filter((line) => line.includes('multipass.signature')).length;
      const before = reasons();
      const refused = await browser.visit(location, { until: isApplication });
      expect(refused.location).toBeUndefined();
      expect(refused.text).not.toMatch(/signature/i);
      expect(browser.cookies.names(new URL(broker.origin))).not.toContain('passbroker_session');
      expect(reasons()).toBe(before + 1);
    }
  });
}

describeWith('php', 'by the PHP login handler', () => promises(startPhpHandler));

describeWith(['python', 'pycryptodome'], 'by the Python login handler', () => promises(startPythonHandler));
