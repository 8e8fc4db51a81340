// Walks through the demo in a real browser and keeps what it sees in docs/pages, for the README.
// Run with `npm run screenshots`; needs Debian's chromium. `-- --only welcome,own,owner,example` takes some of the walks.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateSync } from 'otplib';
import { chromium } from 'playwright-core';

import { chooseNode } from './node.mjs';
import { fail, root } from './project.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
if (!CHROMIUM) fail('screenshots need a browser: apt-get install chromium');

const { values } = parseArgs({ options: { only: { type: 'string', default: 'welcome,own,owner,example' } } });
const wanted = values.only.split(',');

const WIDTHS = { phone: 360, desktop: 1280 };
const SCHEMES = ['light', 'dark'];

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts the broker as a newcomer would, in a folder of its own, and reads where everything is. */
async function startBroker(folder) {
  const [gateway, admin, management, helpDesk, intranet] = await Promise.all(Array.from({ length: 5 }, freePort));
  const env = {
    ...process.env,
    NODE_ENV: 'development',
    DATA_DIR: folder,
    PUBLIC_URL: `http://localhost:${gateway}`,
    GATEWAY_PORT: String(gateway),
    ADMIN_PORT: String(admin),
    MANAGEMENT_PORT: String(management),
    HELP_DESK_PORT: String(helpDesk),
    INTRANET_PORT: String(intranet),
  };
  const child = spawn(chooseNode(), ['dist/apps/standalone/src/main.js'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('passbroker ready:') && resolve());
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  return {
    broker: env.PUBLIC_URL,
    helpDesk: `http://localhost:${helpDesk}`,
    admin: `http://localhost:${admin}`,
    mail: join(folder, 'mail'),
    adminToken: readFileSync(join(folder, 'admin-token'), 'utf8').trim(),
    adminPassword: readFileSync(join(folder, 'admin-password'), 'utf8').trim(),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

/** As WebP: a quarter of the size. A busy machine's Chromium sometimes has no frame to give at the first asking. */
async function shoot(page, path) {
  const session = await page.context().newCDPSession(page);
  for (let left = 3; ; left -= 1) {
    try {
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
      writeFileSync(path, Buffer.from(data, 'base64'));
      return await session.detach();
    } catch (error) {
      if (left === 0) throw error;
      await page.waitForTimeout(300);
    }
  }
}

/** The demo signs everybody in at the intranet; a portal that lets people choose has more to show. */
async function openUp({ admin, adminToken }) {
  for (const [path, change] of [
    ['/v1/usersources/intranet', { sso: 'none', linking: { mode: 'prove', authoritativeDomains: [] } }],
    ['/v1/brands/default', { guestAccess: true, registration: 'open', recovery: { mailLink: 'admins' } }],
    ['/v1/usersources/local-users', { enabled: true }],
  ]) {
    const authorization = `Bearer ${adminToken}`;
    const found = await fetch(`${admin}${path}`, { headers: { authorization } });
    const answer = await fetch(`${admin}${path}`, {
      method: 'PATCH',
      headers: {
        authorization,
        'content-type': 'application/merge-patch+json',
        'if-match': found.headers.get('etag') ?? '',
      },
      body: JSON.stringify(change),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}

/** The link in the newest letter to an address. */
async function linkTo(page, folder, address) {
  for (let left = 100; left > 0; left -= 1) {
    const files = existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
    for (const file of files) {
      const letter = readFileSync(join(folder, file), 'utf8').replace(/=\n/g, '').replace(/=3D/g, '=');
      const link = /http:\/\/localhost:\d+\/[\w./?=&-]+/.exec(letter)?.[0];
      if (letter.includes(`To: ${address}`) && link !== undefined) return rmSync(join(folder, file)) ?? link;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`no letter to ${address}`);
}

/** The walk of the README, and every page on the way. */
async function walk(page, places, shoot) {
  await page.goto(places.helpDesk);
  await shoot('1-help-desk');
  await page
    .getByRole('link', { name: /sign in/i })
    .or(page.getByRole('button', { name: /sign in/i }))
    .first()
    .click();
  await page.getByLabel(/user ?name/i).waitFor();
  await shoot('2-intranet');
  await page.getByLabel(/user ?name/i).fill('jane');
  await page.getByLabel(/password/i).fill('coyote-42');
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByText('Jane Doe').first().waitFor();
  await shoot('3-signed-in');
  await page.goto(places.broker);
  await shoot('portal');
  await page.goto(`${places.broker}/logout`);
  await shoot('sign-out');
  await page.getByRole('button', { name: /sign out/i }).click();
  await shoot('signed-out');
  await page.goto(`${places.broker}/agent/`);
  await shoot('agent-sign-in');
  await page
    .getByLabel(/e-?mail|user ?name/i)
    .first()
    .fill('admin@example.com');
  await page.getByLabel(/password/i).fill('not the password');
  await page.getByRole('button', { name: /sign in/i }).click();
  await shoot('agent-refused');
  await page
    .getByLabel(/e-?mail|user ?name/i)
    .first()
    .fill('admin@example.com');
  await page.getByLabel(/password/i).fill(places.adminPassword);
  await page.getByRole('button', { name: /sign in/i }).click();
  await shoot('agent');
  await page.goto(`${places.broker}/customer/authentication/multipass/callback?multipass=x&signature=y`);
  await shoot('error');
  await page.goto(`${places.admin}/docs`);
  await shoot('admin-reference');
}

const PASSWORD = 'quiet river 91 lantern';
/** One of the demo intranet's people. */
const SEAN = { email: 'sean.oreilly@acme.test', hint: 'rocket-88' };

/** What people do themselves: register, find a lost password again, set up a second factor, look after their account. */
async function ownWalk(page, { broker, mail }, shoot, email) {
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  await page.goto(`${broker}/login?sso=off`);
  await shoot('sign-in');
  await page.goto(`${broker}/register`);
  await shoot('register');
  await page.getByLabel('E-mail').fill(email);
  await press('Send the link');
  await shoot('register-sent');
  await page.goto(await linkTo(page, mail, email));
  await shoot('register-finish');
  await page.getByLabel('Your name').fill('Pia Pepper');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password, again').fill(PASSWORD);
  await press('Create the account');
  await page.goto(`${broker}/change-password`);
  await shoot('change-password');
  await page.goto(`${broker}/second-factor?return_to=/account`);
  await shoot('second-factor-choose');
  await page.getByRole('link', { name: 'Passkey' }).click();
  await page.getByRole('button').first().waitFor();
  await shoot('passkey-set-up');
  await page.getByRole('link', { name: 'Use an authenticator app instead' }).click();
  await shoot('app-set-up');
  await page.locator('summary').click();
  const secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
  await page.getByLabel(/Code from/).fill(generateSync({ secret }));
  await press('Set up');
  await shoot('recovery-codes');
  await page.goto(`${broker}/account`);
  await shoot('account');
  await page.goto(`${broker}/logout`);
  await press('Sign out');
  await page.goto(`${broker}/login?sso=off`);
  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  await page.getByLabel(/Code from/).waitFor();
  await shoot('second-factor');
  await press('Sign out');
  await page.goto(`${broker}/lost-password`);
  await shoot('lost-password');
  await page.getByLabel('E-mail or username').fill(email);
  await press('Send the link');
  await shoot('lost-password-sent');
  await page.goto(await linkTo(page, mail, email));
  await shoot('lost-password-finish');
  for (const [language, name] of [
    ['de', 'Deutsch'],
    ['fr', 'Français'],
    ['es', 'Español'],
    ['ja', '日本語'],
  ]) {
    await page.goto(`${broker}/login?sso=off`);
    await page.getByRole('link', { name }).click();
    await page.locator(`html[lang=${language}]`).waitFor();
    await shoot(`sign-in-${language}`);
  }
}

/** An account that the intranet's person has had all along, and a password for it. */
async function oldAccount({ admin, adminToken }) {
  const answer = await fetch(`${admin}/v1/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      audience: 'users',
      name: 'Seán O’Reilly',
      emails: [{ value: SEAN.email, verified: true }],
      password: PASSWORD,
    }),
  });
  if (!answer.ok) throw new Error(`/v1/accounts: ${answer.status} ${await answer.text()}`);
}

/** Coming by the intranet with the address of an account that is there already; and the way in for who is locked out. */
async function ownerWalk(page, { broker }, shoot) {
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  await page.goto(`${broker}/login?sso=off`);
  await page.getByRole('link', { name: /^Continue with/ }).click();
  await page.getByLabel(/user ?name/i).fill('sean');
  await page.getByLabel(/password/i).fill(SEAN.hint);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByRole('heading', { name: 'You have an account here already' }).waitFor();
  await shoot('owner');
  await press('Mail me a code instead');
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
  await shoot('owner-code');
  await page.getByRole('link', { name: 'Sign in to the account instead' }).click();
  await page.getByRole('link', { name: 'Sign in to that account' }).click();
  await page.getByLabel('E-mail or username').fill(SEAN.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await press('Sign in');
  // Without "Link" the next device finds everything as this one did.
  await page.getByRole('heading', { name: /open your account\?$/ }).waitFor();
  await shoot('owner-link');
  await page.goto(`${broker}/recover`);
  await shoot('recover');
  await page.getByLabel('E-mail').fill('admin@example.com');
  await press('Mail me a link');
  await shoot('recover-sent');
}

/** The portal of "Multiple usersources": the form, three buttons and the icons. Nobody signs in here: a spec does. */
async function examplePortal({ admin, adminToken }, folder) {
  const certificate = join(folder, 'onelogin.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=OneLogin'],
      ...['-keyout', join(folder, 'onelogin.key'), '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const idp = 'https://acme.onelogin.test/saml2';
  const secret = 'a secret of more than 32 characters';
  const records = [
    {
      ...{ slug: 'onelogin', type: 'saml', label: 'OneLogin', display: 'button' },
      settings: {
        ...{ preset: 'onelogin', idpEntityId: idp, idpSsoUrl: `${idp}/sso` },
        idpCertificates: [readFileSync(certificate, 'utf8')],
      },
    },
    {
      ...{ slug: 'partner', type: 'jwt', label: 'Acme store', display: 'button' },
      settings: { remoteLoginUrl: 'https://partner.test/login', secret },
    },
    ...Object.entries({
      ...{ google: 'Google', facebook: 'Facebook', twitter: 'X' },
      ...{ github: 'GitHub', linkedin: 'LinkedIn', microsoft: 'Microsoft' },
    }).map(([type, label]) => ({
      ...{ slug: type, type, label, display: 'icon' },
      settings: { clientId: 'passbroker', clientSecret: secret },
    })),
  ];
  for (const [at, record] of records.entries()) {
    const answer = await fetch(`${admin}/v1/usersources`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ brand: 'default', audience: 'users', enabled: true, order: 50 + at, ...record }),
    });
    if (!answer.ok) throw new Error(`${record.slug}: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}

async function exampleWalk(page, { broker }, shoot) {
  // Whole: the icons are at its foot.
  await page.setViewportSize({ ...page.viewportSize(), height: 920 });
  await page.goto(`${broker}/login`);
  await page.getByRole('link', { name: 'Continue with Microsoft' }).waitFor();
  await shoot('example-portal');
}

const folder = mkdtempSync(join(tmpdir(), 'passbroker-screenshots-'));
const pictures = join(root, 'docs/pages');
mkdirSync(pictures, { recursive: true });
const places = await startBroker(folder);
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
/** Every device in every colour. */
async function everywhere(walk) {
  for (const colorScheme of SCHEMES) {
    for (const [device, width] of Object.entries(WIDTHS)) {
      const viewport = { width, height: device === 'phone' ? 740 : 800 };
      const context = await browser.newContext({ colorScheme, viewport });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const look = `${device}-${colorScheme}`;
      await walk(page, (name) => shoot(page, join(pictures, `${name}-${look}.webp`)), look);
      await context.close();
    }
  }
}
try {
  if (wanted.includes('welcome')) await everywhere((page, take) => walk(page, places, take));
  await openUp(places);
  if (wanted.includes('own'))
    await everywhere((page, take, look) => ownWalk(page, places, take, `pia-${look}@acme.test`));
  await oldAccount(places);
  if (wanted.includes('owner')) await everywhere((page, take) => ownerWalk(page, places, take));
  if (wanted.includes('example')) {
    await examplePortal(places, folder);
    await everywhere((page, take) => exampleWalk(page, places, take));
  }
} finally {
  await browser.close();
  await places.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`pictures are in ${pictures}\n`);
