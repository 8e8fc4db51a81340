import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import type { DataSource } from 'typeorm';
import { openDatabase, PostgresRecoveryLinks } from '@passbroker/catalog';
import { createLogger } from '@passbroker/platform';
import { describeWith } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { barriers, launch, somebody } from './world/chromium.js';
import { configure, multipassOf, question, REDIRECT } from './world/people.js';

const PASSWORD = 'velvet-otter-42-lantern';
const ADA = { value: 'ada@acme.test', verified: true };
const VIEWS = [360, 1_280].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

describeWith('chromium', 'pages of recovery and ownership, in Chromium', () => {
  let broker: Broker;
  let browser: Browser;
  let admin: DataSource;
  let root: string;

  beforeAll(async () => {
    broker = await startBroker({ gateways: 2, minters: 1 });
    browser = await launch();
    admin = await openDatabase({ url: broker.databaseUrl, service: 'admin', log: createLogger('test', 'silent') });
    await configure(broker, { sso: 'none' });
    await broker.api('PATCH', '/v1/brands/default', { recovery: { mailLink: 'admins' } });
    const made = {
      audience: 'agents',
      admin: true,
      name: 'Ruth',
      emails: [{ value: 'ruth@acme.test', verified: true }],
    };
    root = String((await broker.api('POST', '/v1/accounts', made))['id']);
    await broker.api('POST', '/v1/accounts', { audience: 'users', name: 'Ada', emails: [ADA], password: PASSWORD });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await admin?.destroy();
    await broker?.close();
  });

  const person = async (width: number, scheme: 'light' | 'dark', javaScriptEnabled = true) => {
    const options = { viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled };
    const one = await somebody(browser, options);
    // The intranet's own page, and the application's, are none of ours: they say nothing.
    await one.page.route(/localhost:499[89]/, (route) =>
      route.fulfill({ contentType: 'text/html', body: 'elsewhere' }),
    );
    return one;
  };
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const newLink = async (): Promise<string> => {
    const token = randomBytes(32).toString('base64url');
    await new PostgresRecoveryLinks(admin).leave(root, token, new Date(Date.now() + 300_000));
    return `${broker.origin}/recover#${token}`;
  };

  it.each(VIEWS)('the link opens the admin pages, and leaves the address bar: $width $scheme', async (view) => {
    const { page, context, complaints } = await person(view.width, view.scheme);
    await page.goto(await newLink());
    await page.waitForURL(`${broker.origin}/recover`);
    await page.getByRole('button', { name: 'Mail me a link' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await press(page, 'Open the admin pages');
    await heading(page, 'Hello, Ruth');
    expect([new URL(page.url()).pathname, await barriers(page), complaints]).toEqual(['/admin/', [], []]);
    await context.close();
  });

  it('without script, the link is pasted', async () => {
    const { page, context } = await person(1_280, 'light', false);
    const link = await newLink();
    await page.goto(`${broker.origin}/recover`);
    await page.getByLabel('Recovery link').fill(link);
    await press(page, 'Open the admin pages');
    await heading(page, 'Hello, Ruth');
    await context.close();
  });

  it.each(VIEWS)('an application gets its answer after the owner’s word: $width $scheme', async (view) => {
    const { page, context, complaints } = await person(view.width, view.scheme);
    const uid = `ada-${view.width}-${view.scheme}`;
    await page.goto(question(broker).url);
    await page.getByRole('link', { name: 'Continue with Acme intranet' }).click();
    await page.waitForURL(/localhost:4998/);
    await page.goto(`${broker.origin}/sso/intranet/multipass?${multipassOf(uid, { email: ADA.value })}`);
    await heading(page, 'You have an account here already');
    expect(await barriers(page)).toEqual([]);
    await press(page, 'Mail me a code instead');
    await heading(page, 'Check your mail');
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'Sign in to the account instead' }).click();
    await page.getByRole('link', { name: 'Sign in to that account' }).click();
    await page.getByLabel('E-mail or username').fill(ADA.value);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
    await heading(page, 'Let Acme intranet open your account?');
    expect(await barriers(page)).toEqual([]);
    await press(page, 'Link');
    await page.waitForURL((url) => url.href.startsWith(REDIRECT));
    expect([new URL(page.url()).searchParams.get('code') === null, complaints]).toEqual([false, []]);
    await context.close();
  });
});
