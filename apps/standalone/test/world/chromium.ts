import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { requireServer } from '@passbroker/testing';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { z } from 'zod';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium, which asks nobody anything by itself. */
export const launch = (more: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: requireServer('chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });

export interface Person {
  context: BrowserContext;
  page: Page;
  /** What the browser complained about: broken policies, scripts and missing files. */
  complaints: string[];
  another(): Promise<Page>;
}

/** Somebody with a browser of their own. */
export async function somebody(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const another = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      // A page that was refused on purpose is a failed resource to the browser, and what the test looks at.
      const refusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
      const own = message.location().url === page.url();
      if (['error', 'warning'].includes(message.type()) && !(refusal && own)) {
        complaints.push(`${new URL(page.url()).pathname}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (answer) => {
      if (answer.status() >= 500) complaints.push(`${answer.status()} from ${new URL(answer.url()).pathname}`);
    });
    return page;
  };
  return { context, page: await another(), complaints, another };
}

const findings = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string(), target: z.unknown() })) }),
);

/** What axe finds wrong with the page in the window, and whether it has to be scrolled sideways. */
export async function barriers(page: Page): Promise<string[]> {
  // A heading is there before the rest of its page is.
  await page.waitForLoadState();
  // Evaluated by the debugger, which no policy of the page's concerns.
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(AXE);
  const violations = findings.parse(
    await page.evaluate(
      // Preloading would fetch the stylesheets, which the policy of our pages does not allow.
      '(async () => (await axe.run(document, { preload: false, resultTypes: ["violations"] })).violations)()',
    ),
  );
  const sideways = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  return [
    ...violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`),
    ...(Number(sideways) > 0 ? [`${String(sideways)} px too wide`] : []),
  ];
}

/**
 * Texts that one cannot read whole: out of the window, out of the button that they name, or behind the edge of something
 * that cuts off. What only screen readers are told has a box of a pixel.
 */
export async function cutOff(page: Page): Promise<string[]> {
  return z.array(z.string()).parse(
    await page.evaluate(`(() => {
      const cuts = [];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (!text.data.trim() || text.parentElement.closest('script, style, noscript')) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const seen = range.getBoundingClientRect();
        if (seen.width === 0) continue;
        const out = (box) => seen.left < box.left - 1 || seen.right > box.right + 1;
        const over = (box) => seen.top < box.top - 1 || seen.bottom > box.bottom + 1;
        let cut = seen.left < -1 || seen.right > window.innerWidth + 1;
        for (let on = text.parentElement; on !== document.body; on = on.parentElement) {
          const box = on.getBoundingClientRect();
          if (box.width <= 1 && box.height <= 1) { cut = false; break; }
          const style = getComputedStyle(on);
          const named = on.matches('button, .button, [role=button]') && style.display !== 'inline';
          if ((style.overflowX !== 'visible' || named) && out(box) && style.overflowX !== 'auto') cut = true;
          if ((['hidden', 'clip'].includes(style.overflowY) || named) && over(box)) cut = true;
        }
        if (cut) cuts.push(text.data.trim());
      }
      return cuts;
    })()`),
  );
}

/** The page put the keyboard somewhere, which Chromium does a moment after the field can be seen. */
export async function focusGiven(page: Page): Promise<void> {
  await page.waitForFunction('document.activeElement !== null && document.activeElement !== document.body');
}

/** What the keyboard is on, as a screen reader would say it; and whether one can see that. */
export async function focused(page: Page): Promise<{ name: string; visible: boolean }> {
  return z.object({ name: z.string(), visible: z.boolean() }).parse(
    await page.evaluate(`(() => {
      const on = document.activeElement;
      const style = getComputedStyle(on);
      const name = on.getAttribute('aria-label') ?? on.labels?.[0]?.textContent ?? on.textContent;
      return {
        name: (name ?? '').replace(/\\s+/g, ' ').trim(),
        visible: on.matches(':focus-visible') && (style.outlineStyle !== 'none' || style.boxShadow !== 'none'),
      };
    })()`),
  );
}
