import { describeWith } from '@passbroker/testing';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { Pages, type Face } from '../../gateway/src/pages/pages.js';
import { textsIn } from '../../gateway/src/pages/texts.js';
import { launch } from './world/chromium.js';
import { everyPage, SAID } from './world/every-page.js';
import { MARKUP } from './world/markup.js';

const ORIGIN = 'http://pages.test';

/**
 * Every page with markup in every place that is told from outside, without the policy that would stop a script that got
 * in all the same: the escaping alone has to hold.
 */
describeWith('chromium', 'markup in what people and upstreams say, in Chromium', () => {
  const pages = new Pages();
  let browser: Browser;
  let page: Page;
  let ran = 0;
  beforeAll(async () => {
    browser = await launch();
    page = await browser.newPage();
    page.on('dialog', (dialog) => {
      ran += 1;
      void dialog.dismiss();
    });
    await page.route(`${ORIGIN}/**`, (route) => route.fulfill({ body: '', contentType: 'text/html' }));
    await page.goto(ORIGIN);
  });
  afterAll(() => browser?.close());

  /** Shows a page, touches everything on it, and says how much code of the text's own ran. */
  async function scriptsOf(shown: string): Promise<number> {
    ran = 0;
    await page.setContent(shown, { waitUntil: 'domcontentloaded' });
    await page.evaluate(`document.querySelectorAll('*').forEach((one) => {
      for (const kind of ['focus', 'mouseover', 'toggle', 'load', 'error']) one.dispatchEvent(new Event(kind));
      if (one.matches('a[href^="javascript:" i]')) one.click();
    })`);
    // A link of that kind runs in a task of its own.
    await page.evaluate('new Promise((done) => setTimeout(done, 10))');
    return ran;
  }
  const drawn = (text: string): Record<string, string> => {
    const said = z.custom<typeof SAID>().parse(Object.fromEntries(Object.keys(SAID).map((name) => [name, text])));
    const face: Face = { brand: { name: text, looks: {} }, texts: textsIn('en'), page: '/login' };
    return everyPage(pages, face, said);
  };

  it.each(MARKUP)(
    'WEB-004, WEB-006: %j is a text on every page',
    async (text) => {
      const alive: string[] = [];
      const silent: string[] = [];
      for (const [name, shown] of Object.entries(drawn(text))) {
        if ((await scriptsOf(shown)) > 0) alive.push(name);
        if (!(await page.content()).includes('alert(1)')) silent.push(name);
      }
      expect({ alive, silent }).toEqual({ alive: [], silent: [] });
    },
    60_000,
  );

  it('would be seen to run', async () => {
    // A template's text and an engine's expression are harmless to a browser; the rest is what it looks like.
    const harmless = /^(\{\{|<%|\$\{|<!--)/;
    const page = (text: string) => `<title>x</title><p>${text}</p><input value="${text}"><input value='${text}'>`;
    const missed: string[] = [];
    for (const text of MARKUP) {
      if (!harmless.test(text) && (await scriptsOf(page(text))) === 0) missed.push(text);
    }
    expect(missed).toEqual([]);
  }, 60_000);
});
