// Walks through the demo in a real browser and keeps what it sees in docs/pages, for the README.
// Run with `npm run screenshots`; needs Debian's chromium.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { chooseNode } from './node.mjs';
import { fail, root } from './project.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
if (!CHROMIUM) fail('screenshots need a browser: apt-get install chromium');

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
    adminPassword: readFileSync(join(folder, 'admin-password'), 'utf8').trim(),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

/** A busy machine's Chromium sometimes has no frame to give at the first asking. */
async function shoot(page, path) {
  for (let left = 3; ; left -= 1) {
    try {
      return await page.screenshot({ path });
    } catch (error) {
      if (left === 0) throw error;
      await page.waitForTimeout(300);
    }
  }
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
try {
  for (const colorScheme of SCHEMES) {
    for (const [device, width] of Object.entries(WIDTHS)) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: device === 'phone' ? 740 : 800 },
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await walk(page, places, (name) => shoot(page, join(pictures, `${name}-${device}-${colorScheme}.png`)));
      await context.close();
    }
  }
} finally {
  await browser.close();
  await places.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`pictures are in ${pictures}\n`);
