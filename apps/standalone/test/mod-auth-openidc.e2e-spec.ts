import {
  describeWith,
  freePort,
  modAuthOpenidcAddresses,
  startModAuthOpenidc,
  type Browser,
  type ModAuthOpenidc,
} from '@passbroker/testing';
import { agent, PASSWORD } from './world/applications.js';
import { startBroker, type Broker } from './world/broker.js';
import { CALLBACK, configure, multipassOf } from './world/people.js';

const isIntranet = (url: URL): boolean => url.port === '4998';

describeWith(['apache', 'mod_auth_openidc'], "an application behind Debian's mod_auth_openidc", () => {
  let broker: Broker;
  let forUsers: ModAuthOpenidc;
  let forAgents: ModAuthOpenidc;

  const apache = async (slug: string, audience: 'users' | 'agents'): Promise<ModAuthOpenidc> => {
    const port = await freePort();
    const { redirectUri, loggedOutUrl } = modAuthOpenidcAddresses(port);
    const { secrets } = await broker.api('POST', '/v1/applications', {
      slug,
      protocol: 'oidc',
      brand: 'default',
      audience,
      name: 'Wiki',
      enabled: true,
      settings: {
        client_id: slug,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [loggedOutUrl],
        backchannel_logout_uri: `${redirectUri}?logout=backchannel`,
        scope: 'openid profile email',
      },
    });
    return startModAuthOpenidc({
      metadataUrl: `${broker.origin}/.well-known/openid-configuration`,
      clientId: slug,
      clientSecret: (secrets as { client_secret: string }).client_secret,
      port,
    });
  };

  beforeAll(async () => {
    broker = await startBroker();
    await configure(broker);
    forUsers = await apache('wiki', 'users');
    forAgents = await apache('agents-wiki', 'agents');
    await agent(broker, 'ann', 'Ann Agent');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }, 60_000);
  afterAll(async () => {
    await forUsers?.stop();
    await forAgents?.stop();
    await broker?.close();
  });

  /** From the application to the intranet, and back with a Multipass. */
  const signIn = async (browser: Browser, uid: string) => {
    const away = await browser.visit(forUsers.url, { until: isIntranet });
    expect(away.location && isIntranet(away.location)).toBe(true);
    return browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(uid)}`);
  };

  it('gets REMOTE_USER and claims through a Multipass login', async () => {
    const page = await signIn(broker.browser(), 'jane');
    expect(page.url.href).toBe(forUsers.url);
    const subject = /^REMOTE_USER=(.+)$/m.exec(page.body)?.[1];
    expect(subject).toBeTruthy();
    expect(page.body).toContain(`OIDC_CLAIM_sub=${subject}\n`);
    expect(page.body).toContain('OIDC_CLAIM_name=Person jane\n');
    expect(page.body).toContain('OIDC_CLAIM_email=jane@acme.test\n');
    expect(page.body).toContain(`OIDC_CLAIM_iss=${broker.origin}/oidc\n`);
    const elsewhere = await signIn(broker.browser(), 'jane');
    expect(elsewhere.body).toContain(`REMOTE_USER=${subject}\n`);
  });

  it('logs out at both ends: the next visit asks again', async () => {
    const browser = broker.browser();
    await signIn(browser, 'zoe');
    const signedOut = await browser.visit(forUsers.logoutUrl);
    expect(signedOut.url.href).toBe(forUsers.loggedOutUrl);
    expect(browser.cookies.names(new URL(broker.origin))).not.toContain('passbroker_session');
    const again = await browser.visit(forUsers.url, { until: isIntranet });
    expect(again.url.origin).toBe(broker.origin);
    // Whoever has just left is not sent straight in again by a single sign-on.
    expect(again.text).toContain('You are signed out.');
    const away = await browser.click('Continue with Acme intranet', { until: isIntranet });
    expect(away.location && isIntranet(away.location)).toBe(true);
  });

  it('hears by the back channel that somebody signed out at the broker', async () => {
    const [here, elsewhere] = [broker.browser(), broker.browser()];
    await signIn(here, 'sean');
    await signIn(elsewhere, 'sean');
    // Positive control: Apache by itself still knows them.
    expect((await here.get(forUsers.url)).status).toBe(200);
    await here.visit(`${broker.origin}/logout`);
    const left = await here.click('Sign out');
    expect(left.text).toContain('You are signed out');
    const after = await here.get(forUsers.url);
    expect(after.location?.origin).toBe(broker.origin);
    // A session in another browser is another session.
    expect((await elsewhere.get(forUsers.url)).status).toBe(200);
  });

  it('gets REMOTE_USER and claims through the form of a local account', async () => {
    const browser = broker.browser();
    const form = await browser.visit(forAgents.url);
    expect(form.url.origin).toBe(broker.origin);
    expect(form.text).toContain('Agent sign-in');
    const wrong = await browser.submit(form.form('Password'), { 'E-mail or username': 'ann', Password: 'not hers' });
    expect(wrong.status).toBe(422);
    const page = await browser.submit(wrong.form('Password'), { 'E-mail or username': 'ann', Password: PASSWORD });
    expect(page.url.href).toBe(forAgents.url);
    expect(page.body).toMatch(/^REMOTE_USER=.+$/m);
    expect(page.body).toContain('OIDC_CLAIM_name=Ann Agent\n');
    expect(page.body).toContain('OIDC_CLAIM_email=ann@acme.test\n');
    expect(page.body).toContain('OIDC_CLAIM_email_verified=1\n');
  });
});
