import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { createLogger } from '@passbroker/platform';
import { Browser } from '../../../../../libs/testing/src/browser.js';
import {
  startBareProvider,
  type BareProvider,
  type Person,
} from '../../../../../libs/testing/src/peers/bare-provider.js';
import { freePort } from '../../../../../libs/testing/src/peers/free-port.js';
import type { Site } from '../web/site.js';
import { helpDeskAddresses, startHelpDesk } from './help-desk.js';

const client = { clientId: 'helpdesk', clientSecret: 'a secret of the help desk, for tests' };
const lines: string[] = [];
const log = createLogger('demo', 'info', { write: (line) => void lines.push(line) });

let provider: BareProvider;
let site: Site;
let person: Person;

beforeAll(async () => {
  const port = await freePort();
  const { callback, signedOut, backChannelLogout } = helpDeskAddresses(`http://localhost:${port}`);
  provider = await startBareProvider(
    [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [signedOut],
        backchannel_logout_uri: backChannelLogout,
        backchannel_logout_session_required: true,
        id_token_signed_response_alg: 'ES256',
      },
    ],
    () => person,
  );
  site = await startHelpDesk({ ...client, port, host: '127.0.0.1', issuer: provider.issuer, log });
});

afterAll(async () => {
  await site?.close();
  await provider?.close();
});

beforeEach(() => {
  person = { sub: 'u-1001', name: 'Jane Doe', email: 'jane.doe@acme.test', email_verified: true };
});

async function signedIn(): Promise<Browser> {
  const browser = new Browser(site.url);
  await browser.visit('/');
  await browser.click('Sign in');
  return browser;
}

describe('the Acme help desk', () => {
  it('offers a way in, signs people in elsewhere, and shows what it was told', async () => {
    const browser = new Browser(site.url);
    expect((await browser.visit('/')).text).toContain('How can we help?');
    const page = await browser.click('Sign in');
    expect(page.url.href).toBe(`${site.url}/`);
    expect(page.text).toContain('Hello, Jane Doe!');
    expect(page.text).toMatch(/email jane\.doe@acme\.test ID token, userinfo/);
    expect(page.text).toMatch(/sub u-1001 ID token, userinfo/);
    const asked = browser.history.find(({ pathname }) => pathname === '/auth');
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
    });
    for (const random of ['state', 'nonce', 'code_challenge']) {
      expect(asked?.searchParams.get(random)).toMatch(/^[\w-]{43}$/);
    }
  });

  it('shows names as they are and never as markup', async () => {
    person = { sub: 'u-6', name: '<img src=x onerror=alert(1)> & "co"' };
    const { page } = await signedIn();
    expect(page?.body).not.toContain('<img');
    expect(page?.text).toContain('Hello, <img src=x onerror=alert(1)> & "co"!');
  });

  it('signs out here and there', async () => {
    const browser = await signedIn();
    await browser.click('Sign out');
    expect(browser.page?.url.pathname).toBe('/session/end');
    expect(browser.page?.url.searchParams.get('id_token_hint')).toBeTruthy();
    const end = await browser.click('Yes');
    expect(end.url.href).toBe(`${site.url}/signed-out`);
    expect((await browser.visit(site.url)).text).toContain('How can we help?');
  });

  it('is told by the provider when a session is over, and ends that one only', async () => {
    const [jane, other] = [await signedIn(), await signedIn()];
    await jane.visit(`${provider.issuer}/session/end`);
    await jane.click('Yes');
    expect((await jane.visit(site.url)).text).toContain('How can we help?');
    expect((await other.visit(site.url)).text).toContain('Hello, Jane Doe!');
  });

  it('believes no logout token but the provider’s', async () => {
    const browser = await signedIn();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = await new SignJWT({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(provider.issuer)
      .setAudience(client.clientId)
      .setSubject('u-1001')
      .setJti('1')
      .setIssuedAt()
      .sign(privateKey);
    for (const logout_token of [forged, 'nonsense', '']) {
      const { status } = await new Browser(site.url).post('/backchannel-logout', { logout_token });
      expect(status).toBe(400);
    }
    expect((await browser.visit('/')).text).toContain('Hello, Jane Doe!');
  });

  it('refuses an answer that it did not ask for: other browser, other state, error, none', async () => {
    const browser = new Browser(site.url);
    const stopped = await browser.visit('/sign-in', { until: ({ pathname }) => pathname === '/callback' });
    const callback = stopped.location ?? new URL(site.url);
    expect((await new Browser(site.url).get(callback)).status).toBe(400);

    const otherState = new URL(callback);
    otherState.searchParams.set('state', 'x'.repeat(43));
    expect((await browser.get(otherState)).status).toBe(400);
    const { pathname, searchParams } = callback;
    const refused = await browser.get(`${pathname}?error=access_denied&state=${searchParams.get('state')}`);
    expect([refused.status, refused.text.includes('access_denied')]).toEqual([403, true]);
    expect((await browser.visit('/')).text).toContain('How can we help?');
  });

  it('is not signed out by the page of somebody else', async () => {
    const browser = await signedIn();
    await browser.get('http://www.evil.test:1/').catch(() => undefined);
    await browser.post(`${site.url}/sign-out`, {}, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect((await browser.visit(site.url)).text).toContain('Hello, Jane Doe!');
  });

  it('starts before the provider, and works once that is there', async () => {
    const port = await freePort();
    const early = await startHelpDesk({
      ...client,
      port: 0,
      host: '127.0.0.1',
      issuer: `http://localhost:${port}`,
      log,
    });
    const browser = new Browser(early.url);
    expect((await browser.visit('/sign-in')).status).toBe(502);
    expect(browser.page?.text).toContain('Please try once more.');
    const late = await startBareProvider(
      [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [`${early.url}/callback`] }],
      () => person,
      port,
    );
    expect((await browser.click('Try again')).text).toContain('Hello, Jane Doe!');
    await early.close();
    await late.close();
  });

  it('insists on TLS for a provider on another machine', async () => {
    const far = await startHelpDesk({ ...client, port: 0, host: '127.0.0.1', issuer: 'http://192.0.2.1/oidc', log });
    expect((await new Browser(far.url).visit('/sign-in')).text).toContain('OAUTH_HTTP_REQUEST_FORBIDDEN');
    await far.close();
  });

  it('logs no code, token or secret', () => {
    expect(lines.join()).not.toMatch(/code=|eyJ|a secret of the help desk/);
  });
});
