import { jest } from '@jest/globals';
import { CORP, describeWith, DOMAIN, startSambaAd, type SambaAd } from '@passbroker/testing';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { agent, helpDeskAt, PASSWORD, type HelpDesk } from './world/applications.js';
import { startBroker, type Broker } from './world/broker.js';
import { barriers, cutOff, focusGiven, launch, somebody, type Person } from './world/chromium.js';
import { examplePortal, OLGA, type ExamplePortal } from './world/example-portal.js';

jest.setTimeout(180_000);

const BUTTONS = ['OneLogin', 'the company intranet', 'the partner site'];
const ICONS = ['Google', 'Facebook', 'X', 'GitHub', 'LinkedIn', 'Microsoft'];

/** Icons no part of which stands out from its ground by 3 to 1 (WCAG 2.2, 1.4.11). */
async function faintMarks(page: Page): Promise<string[]> {
  return z.array(z.string()).parse(
    await page.evaluate(`(() => {
      const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = (text) => {
        const [r, g, b] = rgb(text).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const groundOf = (node) => {
        const colour = getComputedStyle(node).backgroundColor;
        return rgb(colour)[3] === 0 && node.parentElement ? groundOf(node.parentElement) : light(colour);
      };
      return [...document.querySelectorAll('a.icon')]
        .filter((icon) =>
          [...icon.querySelectorAll('path')].every(
            (path) => contrast(light(getComputedStyle(path).fill), groundOf(icon)) < 3,
          ),
        )
        .map((icon) => icon.title);
    })()`),
  );
}

describeWith(
  ['chromium', 'slapd', 'samba', 'simplesamlphp', 'php'],
  'the portal of "Multiple usersources", in Chromium',
  () => {
    let broker: Broker;
    let portal: ExamplePortal;
    let domain: SambaAd;
    let desk: HelpDesk;
    let agentsDesk: HelpDesk;
    let browser: Browser;

    beforeAll(async () => {
      [broker, domain, browser] = await Promise.all([
        startBroker({ gateways: 2, minters: 1 }),
        startSambaAd(),
        launch(),
      ]);
      portal = await examplePortal(broker);
      await broker.api('PATCH', '/v1/usersources/local-users', { enabled: true });
      await broker.api('POST', '/v1/accounts', {
        ...{ audience: 'users', username: 'uma', name: 'Uma User', password: PASSWORD },
        emails: [{ value: 'uma@home.test', verified: true }],
      });
      await broker.api('POST', '/v1/usersources', {
        ...{ slug: 'domain', type: 'active-directory', brand: 'default', audience: 'agents', label: 'Domain' },
        ...{ enabled: true, display: 'form', order: 20, jit: { create: 'on' } },
        settings: {
          ...{ servers: [domain.url], ca: domain.tls.ca, baseDn: DOMAIN.peopleDn, netbiosName: DOMAIN.netbios },
          ...{ bindName: DOMAIN.service.upn, bindPassword: DOMAIN.service.password },
        },
      });
      await agent(broker, 'ann', 'Ann Agent');
      desk = await helpDeskAt(broker, 'desk', 'users');
      agentsDesk = await helpDeskAt(broker, 'agents-desk', 'agents');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    });
    afterAll(async () => {
      await browser?.close();
      await Promise.all([desk?.close(), agentsDesk?.close(), portal?.close(), domain?.stop()]);
      await broker?.close();
    });

    let person: Person;
    beforeEach(async () => {
      person = await somebody(browser);
    });
    afterEach(async () => {
      await person.context.close();
      // The identity provider's own pages miss a picture.
      expect(person.complaints.filter((complaint) => !complaint.startsWith('/module.php/'))).toEqual([]);
    });

    const heading = (name: string) => person.page.getByRole('heading', { level: 1, name }).waitFor();
    async function fromDesk(at: HelpDesk): Promise<void> {
      await person.page.goto(at.url);
      await person.page.getByRole('link', { name: 'Sign in' }).click();
    }
    async function byForm(name: string, password: string): Promise<void> {
      await person.page.getByLabel('E-mail or username').fill(name);
      await person.page.getByLabel('Password').fill(password);
      await person.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    }

    it('shows a form, the buttons and the icons, in order', async () => {
      await fromDesk(desk);
      await person.page.getByLabel('Password').waitFor();
      const shown = await person.page.locator('a[href^="/sso/start/"]').all();
      const names = await Promise.all(
        shown.map(async (link) => (await link.getAttribute('aria-label')) ?? (await link.innerText())),
      );
      expect(names).toEqual([...BUTTONS, ...ICONS].map((label) => `Continue with ${label}`));
      expect([portal.buttons, portal.icons].map((ways) => ways.map(({ label }) => label))).toEqual([BUTTONS, ICONS]);
      expect(await person.page.locator('a.icon svg').count()).toBe(ICONS.length);
    });

    it.each([
      ['an account of the broker', 'uma', PASSWORD, 'Uma User'],
      ['a directory', 'bob', CORP.password, 'Bob Brown'],
    ])('lets people in by the form out of %s', async (_where, name, password, shown) => {
      await fromDesk(desk);
      await byForm(name, `${password}x`);
      await person.page.getByRole('alert').getByText('do not match').waitFor();
      await byForm(name, password);
      await heading(`Hello, ${shown}!`);
    });

    it.each([...BUTTONS, ...ICONS])('lets people in by "Continue with %s"', async (label) => {
      const way = [...portal.buttons, ...portal.icons].find((one) => one.label === label);
      if (!way) throw new Error(`nobody offers ${label}`);
      await fromDesk(desk);
      await person.page.getByRole('link', { name: `Continue with ${label}`, exact: true }).click();
      if (label === 'OneLogin') {
        await person.page.fill('#username', OLGA.username);
        await person.page.fill('#password', OLGA.password);
        await person.page.press('#password', 'Enter');
      }
      await heading(`Hello, ${way.name}!`);
      // The portal itself knows them too.
      await person.page.goto(broker.origin);
      await heading(`Hello, ${way.name}`);
    });

    it.each([
      ['an account of the broker', 'ann', PASSWORD, 'Ann Agent'],
      ['Active Directory', `${DOMAIN.netbios}\\alice`, DOMAIN.password, 'Alice Adams'],
    ])('lets agents in by their own form out of %s, where users have no say', async (_where, name, password, shown) => {
      await fromDesk(agentsDesk);
      await person.page.getByLabel('Password').waitFor();
      expect(await person.page.locator('a[href^="/sso/start/"]').count()).toBe(0);
      await byForm('uma', PASSWORD);
      await person.page.getByRole('alert').getByText('do not match').waitFor();
      await byForm(name, password);
      await heading(`Hello, ${shown}!`);
    });

    it('has no barrier and cuts nothing off, on a phone and on a desk, in light and in dark', async () => {
      const found: Record<string, string[]> = {};
      for (const [path, who] of [
        ['/login', 'users'],
        ['/agent/', 'agents'],
      ] as const) {
        for (const width of [320, 360, 1_280]) {
          await person.page.setViewportSize({ width, height: 800 });
          for (const colorScheme of ['light', 'dark'] as const) {
            await person.page.emulateMedia({ colorScheme });
            await person.page.goto(`${broker.origin}${path}`);
            const problems = [...(await barriers(person.page)), ...(await cutOff(person.page))];
            if (problems.length > 0) found[`${who}, ${width}, ${colorScheme}`] = problems;
          }
        }
      }
      expect(found).toEqual({});
    });

    it('has marks that stand out, in light and in dark', async () => {
      const faint: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await person.page.emulateMedia({ colorScheme });
        await person.page.goto(`${broker.origin}/login`);
        faint.push(...(await faintMarks(person.page)).map((name) => `${name}, ${colorScheme}`));
      }
      expect(faint).toEqual([]);
      // Positive control: marks as dark as the night would be seen.
      await person.page.evaluate(
        'document.querySelectorAll("a.icon path").forEach((path) => { path.style.fill = "#1a2230"; })',
      );
      expect(await faintMarks(person.page)).toHaveLength(ICONS.length);
    });

    it('is gone through by the keyboard in the order that one reads', async () => {
      await person.page.goto(`${broker.origin}/login`);
      await focusGiven(person.page);
      const links = ['E-mail or username', ...BUTTONS, ...ICONS];
      const met: string[] = [];
      for (let left = 25; left > 0 && met.length < links.length; left -= 1) {
        const name = String(
          await person.page.evaluate(
            'document.activeElement.getAttribute("aria-label") ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent',
          ),
        ).trim();
        const plain = name.replace('Continue with ', '');
        if (links.includes(plain)) met.push(plain);
        await person.page.keyboard.press('Tab');
      }
      expect(met).toEqual(links);
    });
  },
);
