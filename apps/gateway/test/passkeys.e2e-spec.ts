import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { describeWith, requireServer } from '@passbroker/testing';
import { PASSWORD, startWorld, type World } from './second-factor-world.js';

/** A real browser with Chromium's virtual authenticator: the same calls, the same bytes, a finger that always fits. */
describeWith('chromium', 'a passkey', () => {
  let world: World;
  let browser: Browser;
  beforeAll(async () => {
    world = await startWorld();
    browser = await chromium.launch({
      executablePath: requireServer('chromium'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await world.stop();
  });
  beforeEach(async () => {
    await world.forget();
    world.demand('none');
  });

  const VERIFYING = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;

  async function person(javaScriptEnabled = true) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        complaints.push(message.text());
      }
    });
    const device = await context.newCDPSession(page);
    await device.send('WebAuthn.enable');
    const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', { options: VERIFYING });
    return { context, page, device, authenticatorId, complaints };
  }
  async function signIn(page: Page): Promise<void> {
    await page.goto(`${world.origin}/login`);
    await page.getByLabel('E-mail or username').fill('ann@acme.test');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL((url) => url.pathname !== '/login');
  }
  async function register(page: Page): Promise<void> {
    await page.goto(`${world.origin}/second-factor/passkey`);
    await page.getByLabel('Name of this passkey').fill('My key');
    await page.getByRole('button', { name: 'Set up a passkey' }).click();
    await page.getByText('Keep your recovery codes').first().waitFor();
  }
  const signOut = (page: Page) => page.context().clearCookies({ name: 'passbroker_session' });
  const credentials = async (device: CDPSession, authenticatorId: string) =>
    (await device.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

  it('is set up, asked for after the password, and remembered as used', async () => {
    const { page, complaints } = await person();
    await signIn(page);
    await register(page);
    await page.goto(`${world.origin}/account`);
    await page.getByText('Passkey: My key').waitFor();
    await signOut(page);
    await signIn(page);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.getByText('Hello, Ann').waitFor();
    const [kept] = await world.secondFactors.passkeys('acc_ann');
    expect(kept).toMatchObject({ rpId: 'localhost', synced: false, counter: 2 });
    expect(complaints).toEqual([]);
  });

  it('signs in by itself, without a name or a password, as two factors in one', async () => {
    world.demand('required');
    const { page, device, authenticatorId, complaints } = await person();
    await signIn(page);
    await page.getByRole('link', { name: 'Passkey' }).click();
    await page.getByRole('button', { name: 'Set up a passkey' }).click();
    await page.getByText('Keep your recovery codes').first().waitFor();
    await signOut(page);
    await page.goto(`${world.origin}/login?return_to=/account`);
    await page.getByRole('link', { name: 'Use a passkey' }).click();
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.getByText('Where you are signed in').waitFor();
    const [key] = (await world.sessions()).slice(-1);
    const methods = await Promise.all((await world.sessions()).map((one) => world.redis.get(one)));
    expect(key).toBeDefined();
    expect(methods.join()).toContain('"methods":["hwk","user","mfa"]');
    expect((await credentials(device, authenticatorId))[0]?.isResidentCredential).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('does not sign in an agent at the users’ door, nor a disabled account, nor one that comes by an upstream alone', async () => {
    const { page } = await person();
    await signIn(page);
    await register(page);
    await signOut(page);
    const use = async () => {
      await page.goto(`${world.origin}/passkey`);
      await page.getByRole('button', { name: 'Use your passkey' }).click();
      return page.locator('#error, h1:has-text("Hello")').first().textContent();
    };
    const refused = 'That passkey does not work here. Try again, or use another way.';
    world.catalog.changeAccount('acc_ann', { disabled: true });
    expect(await use()).toBe(refused);
    world.catalog.changeAccount('acc_ann', { disabled: false, audience: 'agents' });
    expect(await use()).toBe(refused);
    world.catalog.changeAccount('acc_ann', { audience: 'users' });
    const hash = world.catalog.hashes.get('acc_ann') ?? '';
    world.catalog.hashes.delete('acc_ann');
    expect(await use()).toBe(refused);
    world.catalog.hashes.set('acc_ann', hash);
    expect(await use()).toBe('Hello, Ann');
    expect(world.refusals()).toEqual(expect.arrayContaining(['account.disabled', 'passkey.refused']));
  });

  it('that was copied is noticed: its counter stands still', async () => {
    const { page, device, authenticatorId } = await person();
    await signIn(page);
    await register(page);
    await signOut(page);
    const [key] = await credentials(device, authenticatorId);
    if (!key) throw new Error('no passkey was made');
    await page.goto(`${world.origin}/passkey`);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.getByText('Hello, Ann').waitFor();
    await signOut(page);
    await device.send('WebAuthn.removeCredential', { authenticatorId, credentialId: key.credentialId });
    await device.send('WebAuthn.addCredential', { authenticatorId, credential: key });
    await page.goto(`${world.origin}/passkey`);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.locator('#error').waitFor();
    expect(world.refusals()).toContain('passkey.refused');
  });

  it('without the finger is no passkey', async () => {
    const { page, device, authenticatorId } = await person();
    await signIn(page);
    await register(page);
    await signOut(page);
    await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.goto(`${world.origin}/passkey`);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.getByText('Your browser did not give us a passkey').waitFor();
    expect(await world.redis.keys('session:*')).toHaveLength(1);
  });

  it('answers one challenge once, in one browser', async () => {
    const { page, context } = await person();
    await signIn(page);
    await register(page);
    await signOut(page);
    let posted = '';
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/passkey')) posted = request.postData() ?? '';
    });
    await page.goto(`${world.origin}/passkey`);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.getByText('Hello, Ann').waitFor();
    const cookie = (await context.cookies())
      .filter(({ name }) => name === 'passbroker_browser')
      .map(({ name, value }) => `${name}=${value}`)
      .join();
    const replay = await fetch(`${world.origin}/passkey`, {
      method: 'POST',
      body: posted,
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      redirect: 'manual',
    });
    expect([posted.length > 100, replay.status]).toEqual([true, 422]);
    expect(world.refusals()).toContain('passkey.refused');
  });

  it('is offered where the built-in form is, and refused where it is not', async () => {
    const { page } = await person();
    await page.goto(`${world.origin}/login`);
    expect(await page.getByRole('link', { name: 'Use a passkey' }).count()).toBe(1);
    world.catalog.changeUsersource('us_local-users', { display: 'hidden' });
    await page.goto(`${world.origin}/login`);
    const offered = await page.getByRole('link', { name: 'Use a passkey' }).count();
    const answer = await page.goto(`${world.origin}/passkey`);
    world.catalog.changeUsersource('us_local-users', { display: 'form' });
    expect([offered, answer?.status()]).toEqual([0, 403]);
  });

  it('says so where there is no script, and the other ways work', async () => {
    const { page } = await person(false);
    await page.goto(`${world.origin}/passkey`);
    await page.getByText('Passkeys need JavaScript').waitFor();
    expect(await page.getByRole('button', { name: 'Use your passkey' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in another way' }).click();
    await page.getByLabel('Password').waitFor();
  });
});
