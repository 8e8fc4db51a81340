// Walks through the demo in a real browser and keeps what it sees in docs/pages, for the README.
// Run with `npm run screenshots`; needs Debian's chromium. `-- --only welcome,own,owner,upstream,example` takes some of the walks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

import { fail, root } from './project.mjs';
import { openUp, startBroker } from './screenshots/broker.mjs';
import { examplePortal, exampleWalk } from './screenshots/example.mjs';
import { ownWalk } from './screenshots/own.mjs';
import { oldAccount, ownerWalk } from './screenshots/owner.mjs';
import { openSite, upstreamWalk } from './screenshots/upstream.mjs';
import { walk } from './screenshots/welcome.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
if (!CHROMIUM) fail('screenshots need a browser: apt-get install chromium');
if (spawnSync('fc-list', [':lang=ja']).stdout?.length === 0)
  fail('screenshots need a Japanese font: apt-get install fonts-noto-cjk');

const { values } = parseArgs({ options: { only: { type: 'string', default: 'welcome,own,owner,upstream,example' } } });
const wanted = values.only.split(',');

const WIDTHS = { phone: 360, desktop: 1280 };
const SCHEMES = ['light', 'dark'];

/** The reference of the admin API goes on for screens and screens; every other page is seen whole. */
const TALLEST = 1_900;

/** As WebP: a quarter of the size. A busy machine's Chromium sometimes has no frame to give at the first asking. */
async function shoot(page, path) {
  const session = await page.context().newCDPSession(page);
  const window = page.viewportSize();
  const tall = await page.evaluate('document.documentElement.scrollHeight');
  if (tall > window.height && tall < TALLEST) await page.setViewportSize({ ...window, height: tall });
  for (let left = 3; ; left -= 1) {
    try {
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
      writeFileSync(path, Buffer.from(data, 'base64'));
      await page.setViewportSize(window);
      return await session.detach();
    } catch (error) {
      if (left === 0) throw error;
      await page.waitForTimeout(300);
    }
  }
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
  if (wanted.includes('upstream')) {
    const site = await openSite(places);
    await everywhere((page, take) => upstreamWalk(page, places, take));
    await site.close();
  }
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
