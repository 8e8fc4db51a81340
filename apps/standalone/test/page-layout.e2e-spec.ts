import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@passbroker/testing';
import type { Browser, Page } from 'playwright-core';
import { LANGUAGES, type Language } from '../../gateway/src/languages/language.js';
import { assetOf } from '../../gateway/src/pages/assets.js';
import { Pages, type Face } from '../../gateway/src/pages/pages.js';
import { textsIn, type Texts } from '../../gateway/src/pages/texts.js';
import { barriers, cutOff, launch } from './world/chromium.js';
import { everyPage } from './world/every-page.js';

const ORIGIN = 'http://pages.test';
const TEMPLATES = join(import.meta.dirname, '../../gateway/src/pages/templates');
const brand = { name: 'Acme support', looks: { accent: '#7a3ec8', supportUrl: 'https://acme.test/help' } };
const languages = Object.keys(LANGUAGES).filter((name): name is Language => name in LANGUAGES);

/** Nobody's language: the English texts in Hebrew letters, from right to left, for layouts to be held against. */
function mirrored<T>(texts: T): T {
  const turned = (text: string): string =>
    text.replace(/[a-z]/gi, (letter) => String.fromCharCode(0x5d0 + (letter.toLowerCase().charCodeAt(0) - 97)));
  const turn = (value: unknown): unknown => {
    if (typeof value === 'string') return turned(value);
    if (typeof value === 'function')
      return (...about: unknown[]) => turned(String(Reflect.apply(value, undefined, about)));
    return Object.fromEntries(Object.entries(value ?? {}).map(([name, inner]) => [name, turn(inner)]));
  };
  return turn(texts) as T;
}
const rightToLeft: Texts = { ...mirrored(textsIn('en')), lang: 'he', dir: 'rtl' };

describeWith('chromium', 'the layout of pages', () => {
  const pages = new Pages();
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  /** Shows pages to somebody, one after the other. */
  async function shown(
    texts: Texts,
    look: (page: Page, name: string) => Promise<void>,
    { accent = '#7a3ec8', only = '' }: { accent?: string; only?: string } = {},
  ): Promise<void> {
    const brand = { name: 'Acme support', looks: { accent, supportUrl: 'https://acme.test/help' } };
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const face: Face = { brand, texts, page: '/login' };
    const drawn = everyPage(pages, face);
    const page = await context.newPage();
    await page.route(`${ORIGIN}/**`, (route) => {
      const path = new URL(route.request().url()).pathname;
      const asset = assetOf(brand, path.replace('/assets/', ''));
      if (asset) return route.fulfill({ body: asset.body, contentType: asset.type });
      const html = drawn[decodeURIComponent(path.slice(1))];
      return route.fulfill(html === undefined ? { status: 404 } : { body: html, contentType: 'text/html' });
    });
    for (const name of Object.keys(drawn).filter((one) => one.startsWith(only))) {
      await page.goto(`${ORIGIN}/${encodeURIComponent(name)}`);
      await page.evaluate('document.querySelectorAll("[hidden]").forEach((one) => { one.hidden = false; })');
      await look(page, name);
    }
    await context.close();
  }
  const sideways = async (page: Page): Promise<number> =>
    Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'));
  const leftOf = async (page: Page, selector: string): Promise<number> =>
    (await page.locator(selector).first().boundingBox())?.x ?? Number.NaN;

  it('is tried on every template there is', async () => {
    const names: string[] = [];
    for (const file of readdirSync(TEMPLATES)) {
      if (file.endsWith('.ts') && file !== 'layout.ts') names.push(...Object.keys(await import(join(TEMPLATES, file))));
    }
    const tried = Object.keys(everyPage(pages, { brand, texts: textsIn('en') })).map((name) => name.split(':')[0]);
    expect([...new Set(tried)].sort()).toEqual(names.sort());
  });

  it.each([...languages, 'right to left'] as const)(
    'holds in %s on a phone and on a desk',
    async (language) => {
      const texts = language === 'right to left' ? rightToLeft : textsIn(language);
      const wide: string[] = [];
      const cut: string[] = [];
      await shown(texts, async (page, name) => {
        for (const width of [320, 360, 1_280]) {
          await page.setViewportSize({ width, height: 800 });
          if ((await sideways(page)) > 0) wide.push(`${name} at ${width}`);
          for (const text of await cutOff(page)) cut.push(`${name} at ${width}: ${text}`);
        }
      });
      expect({ wide, cut }).toEqual({ wide: [], cut: [] });
    },
    60_000,
  );

  it('would be seen to cut a text off', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    const box = (style: string, text: string) => `<p style="white-space:nowrap;${style}"><span>${text}</span></p>`;
    await page.setContent(
      box('overflow:hidden;width:4em', 'behind an edge') +
        box('position:absolute;left:330px', 'out of the window') +
        box('', 'whole') +
        box('position:absolute;overflow:hidden;width:1px;height:1px', 'for screen readers') +
        '<button style="width:3em;white-space:nowrap">out of its button</button><button>in its button</button>' +
        '<div style="overflow:hidden;height:1em;line-height:3em">too tall</div>',
    );
    expect(await cutOff(page)).toEqual(['behind an edge', 'out of the window', 'out of its button', 'too tall']);
    await page.close();
  });

  it('is turned round from right to left', async () => {
    const distances: Record<string, Record<string, number>> = { ltr: {}, rtl: {} };
    for (const texts of [textsIn('en'), rightToLeft]) {
      await shown(texts, async (page, name) => {
        const found = distances[texts.dir];
        if (!found) throw new Error(texts.dir);
        if (name === 'portal') found['avatar'] = (await leftOf(page, '.person h1')) - (await leftOf(page, '.avatar'));
        if (name === 'account') found['button'] = (await leftOf(page, '.row form')) - (await leftOf(page, '.row div'));
        found['mark'] = (await leftOf(page, '.brand .name')) - (await leftOf(page, '.brand .mark'));
      });
    }
    expect(Object.values(distances['ltr'] ?? {}).map(Math.sign)).toEqual([1, 1, 1]);
    expect(Object.values(distances['rtl'] ?? {}).map(Math.sign)).toEqual([-1, -1, -1]);
  });

  it.each(['#ffdd00', '#ffffff', '#000000', '#102a6b', '#808080', '#00ff66'])(
    'can be read in a brand’s %s, in light and in dark colours',
    async (accent) => {
      const found: Record<string, string[]> = {};
      const look = async (page: Page, name: string): Promise<void> => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const problems = await barriers(page);
          if (problems.length > 0) found[`${name}, ${colorScheme}`] = problems;
        }
      };
      // All that is coloured by the accent: buttons, links, notices, tags, codes, an avatar.
      for (const only of ['signIn', 'portal', 'account', 'recoveryCodes', 'guest'])
        await shown(textsIn('en'), look, { accent, only });
      expect(found).toEqual({});
    },
    60_000,
  );

  it.each([...languages, 'right to left'] as const)(
    'has no barrier in %s, on a phone and on a desk, in light and in dark colours',
    async (language) => {
      const found: Record<string, string[]> = {};
      await shown(language === 'right to left' ? rightToLeft : textsIn(language), async (page, name) => {
        for (const width of [360, 1_280]) {
          await page.setViewportSize({ width, height: 800 });
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            const problems = await barriers(page);
            if (problems.length > 0) found[`${name}, ${width}, ${colorScheme}`] = problems;
          }
        }
      });
      expect(found).toEqual({});
    },
    120_000,
  );
});
