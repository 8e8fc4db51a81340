import { Browser } from '../browser.js';
import { describeWith } from '../servers/describe-with.js';
import { startBareProvider, type BareProvider } from './bare-provider.js';
import { modAuthOpenidcAddresses, startModAuthOpenidc, type ModAuthOpenidc } from './mod-auth-openidc.js';
import { freePort } from './free-port.js';

describeWith(['apache', 'mod_auth_openidc'], "an application behind Debian's mod_auth_openidc", () => {
  let provider: BareProvider;
  let application: ModAuthOpenidc;
  const client = { clientId: 'apache', clientSecret: 'a "secret" with \\ quotes' };

  beforeAll(async () => {
    const port = await freePort();
    const { redirectUri, loggedOutUrl } = modAuthOpenidcAddresses(port);
    provider = await startBareProvider(
      [
        {
          client_id: client.clientId,
          client_secret: client.clientSecret,
          redirect_uris: [redirectUri],
          post_logout_redirect_uris: [loggedOutUrl],
        },
      ],
      () => ({ sub: 'u-1001', name: 'Jane Doe', email: 'jane.doe@acme.test' }),
    );
    const metadataUrl = `${provider.issuer}/.well-known/openid-configuration`;
    application = await startModAuthOpenidc({ metadataUrl, ...client, port });
  });

  afterAll(async () => {
    await application?.stop();
    await provider?.close();
  });

  it('gets REMOTE_USER and claims, and logs out at both ends', async () => {
    const browser = new Browser(application.origin);
    const signedIn = await browser.visit(application.url);
    expect(signedIn.url.href).toBe(application.url);
    expect(signedIn.body).toContain('REMOTE_USER=u-1001\n');
    expect(signedIn.body).toContain('OIDC_CLAIM_email=jane.doe@acme.test\n');
    expect(signedIn.body).toContain('OIDC_CLAIM_name=Jane Doe\n');
    expect(browser.history.some(({ pathname }) => pathname.startsWith('/walk/'))).toBe(true);

    await browser.visit(application.logoutUrl);
    const signedOut = await browser.click('Yes');
    expect(signedOut.url.href).toBe(application.loggedOutUrl);

    const again = await browser.get(application.url);
    expect(again.location?.origin).toBe(provider.issuer);
  });

  it('shows nothing to somebody who is not signed in', async () => {
    const { status, body } = await new Browser(application.origin).get(application.url);
    expect(status).toBe(302);
    expect(body).not.toContain('REMOTE_USER');
  });
});
