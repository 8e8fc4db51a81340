import { startHostileOp, type HostileOp } from '@passbroker/testing';
import type { Browser } from 'playwright-core';
import { PASSWORD } from './applications.js';
import { startBroker, type Broker } from './broker.js';
import { launch, somebody, type Person } from './chromium.js';
import { settingsOf, startCompany, type Company } from './company.js';

interface World {
  broker: Broker;
  browser: Browser;
  /** The site behind the intranet of brand A, and brand B's own. */
  company: Company;
  /** A stand-in for Google, behind brand A's icon. */
  google: HostileOp;
  /** The site behind what brand A hides. */
  auditors: Company;
  a: string;
  b: string;
}

/**
 * The usersource policy as people meet it: two brands on two hosts, a real browser, and nothing but HTTP. Brand A is
 * the document's example portal; brand B belongs to a company whose own site signs everybody in. Each test of the suite
 * begins with a new browser, and ends with one that has complained of nothing.
 */
export function twoBrands() {
  let world: World | undefined;
  let person: Person | undefined;
  const there = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('this is there within a test only');
    return one;
  };
  const walk = {
    get broker() {
      return there(world).broker;
    },
    get company() {
      return there(world).company;
    },
    get google() {
      return there(world).google;
    },
    get auditors() {
      return there(world).auditors;
    },
    get a() {
      return there(world).a;
    },
    get b() {
      return there(world).b;
    },
    get person() {
      return there(person);
    },
    get page() {
      return there(person).page;
    },
    /** Gateways have heard of what was just written. */
    heard: () => new Promise((resolve) => setTimeout(resolve, 500)),
    async change(path: string, patch: unknown): Promise<void> {
      await walk.broker.api('PATCH', path, patch);
      await walk.heard();
    },
    usersource: (brand: string, slug: string, type: string, more: Record<string, unknown> = {}) =>
      usersource(walk.broker, brand, slug, type, more),
    async anew(): Promise<void> {
      await person?.context.close();
      person = await somebody(there(world).browser);
    },
    heading: (name: string | RegExp) => walk.page.getByRole('heading', { level: 1, name }).waitFor(),
    pressed: (name: string) => walk.page.getByRole('button', { name }).click(),
    followed: (name: string) => walk.page.getByRole('link', { name, exact: true }).click(),
    async byForm(name: string): Promise<void> {
      await walk.page.getByLabel('E-mail or username').fill(name);
      await walk.page.getByLabel('Password').fill(PASSWORD);
      await walk.pressed('Sign in');
    },
    /** All that the page offers, buttons first, as a screen reader lists them. */
    async offered(): Promise<string[]> {
      const main = walk.page.getByRole('main');
      const names = async (role: 'link' | 'button') =>
        Promise.all(
          (await main.getByRole(role).all()).map(
            async (one) => (await one.getAttribute('aria-label')) ?? (await one.innerText()),
          ),
        );
      return [...(await names('button')), ...(await names('link'))];
    },
    /** What the application of a brand asks. */
    question(origin: string, more: Record<string, string> = {}): string {
      const query = new URLSearchParams({
        client_id: `desk-${origin === walk.a ? 'brand-a' : 'brand-b'}`,
        response_type: 'code',
        scope: 'openid',
        redirect_uri: answeredAt(walk.auditors),
        state: 'state-of-the-application',
        nonce: 'nonce-of-the-application',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        ...more,
      });
      return `${origin}/oidc/auth?${query.toString()}`;
    },
    /** What the application is told. */
    async told(): Promise<URLSearchParams> {
      await walk.page.waitForURL((url) => url.href.startsWith(answeredAt(walk.auditors)));
      return new URL(walk.page.url()).searchParams;
    },
    status: async (address: string): Promise<number> => (await walk.page.goto(address))?.status() ?? 0,
  };

  beforeAll(async () => {
    world = await startWorld();
  }, 120_000);
  afterAll(async () => {
    await world?.browser.close();
    await world?.auditors.close();
    await world?.google.close();
    await world?.company.close();
    await world?.broker.close();
  });
  beforeEach(async () => {
    await walk.anew();
    for (const site of [walk.company, walk.auditors])
      Object.assign(site, { person: undefined, broken: false, asked: [] });
  });
  afterEach(async () => {
    await walk.person.context.close();
    expect(walk.person.complaints).toEqual([]);
  });
  return walk;
}

/** Where the applications of both brands are answered. */
const answeredAt = (auditors: Company): string => `${auditors.origin}/answered`;

const usersource = (broker: Broker, brand: string, slug: string, type: string, more: Record<string, unknown> = {}) =>
  broker.api('POST', '/v1/usersources', { slug, type, brand, audience: 'users', label: slug, ...more });

async function startWorld(): Promise<World> {
  const broker = await startBroker({ gateways: 2, minters: 1 });
  const { port } = new URL(broker.origin);
  const [a, b] = [`http://brand-a.test:${port}`, `http://brand-b.test:${port}`];
  const company = await startCompany('company');
  const auditors = await startCompany('auditors');
  const google = await startHostileOp({ path: '/accounts.google.com' });
  const browser = await launch([
    '--host-resolver-rules=MAP *.test 127.0.0.1',
    // As on https: without it Chromium keeps its Fetch Metadata to itself.
    `--unsafely-treat-insecure-origin-as-secure=${a},${b}`,
  ]);
  for (const [slug, name, more] of [
    ['brand-a', 'Acme portal', { guestAccess: true, registration: 'open' }],
    ['brand-b', 'Company desk', { guestAccess: false }],
  ] as const) {
    await broker.api('POST', '/v1/brands', { slug, name, hosts: [`${slug}.test:${port}`], ...more });
    await usersource(broker, slug, `${slug}-agents`, 'local', { audience: 'agents', label: 'Agents' });
    await broker.api('POST', '/v1/applications', {
      slug: `desk-${slug}`,
      protocol: 'oidc',
      brand: slug,
      audience: 'users',
      name: 'Help desk',
      settings: {
        client_id: `desk-${slug}`,
        redirect_uris: [answeredAt(auditors)],
        token_endpoint_auth_method: 'none',
      },
    });
  }
  await openWays({ broker, company, google, auditors, a, b });
  await people(broker);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { broker, browser, company, google, auditors, a, b };
}

async function openWays({ broker, company, google, auditors, a, b }: Omit<World, 'browser'>): Promise<void> {
  await usersource(broker, 'brand-a', 'a-local', 'local', {
    label: 'Local',
    order: 1,
    jit: { create: 'registration' },
  });
  await usersource(broker, 'brand-a', 'a-intranet', 'multipass', {
    label: 'Company intranet',
    order: 2,
    jit: { create: 'on' },
    settings: settingsOf(company, `${a}/sso/a-intranet/multipass`),
  });
  await usersource(broker, 'brand-a', 'a-google', 'google', {
    label: 'Google',
    order: 3,
    jit: { create: 'on' },
    settings: {
      clientId: 'broker',
      clientSecret: google.clients.get('broker'),
      standIn: new URL(google.issuer).origin,
    },
  });
  await usersource(broker, 'brand-a', 'a-hidden', 'multipass', {
    label: 'Auditors',
    display: 'hidden',
    hintable: false,
    settings: settingsOf(auditors, `${a}/sso/a-hidden/multipass`),
  });
  await usersource(broker, 'brand-b', 'b-local', 'local', { label: 'Local', order: 1 });
  await usersource(broker, 'brand-b', 'b-company', 'multipass', {
    label: 'Company sign-in',
    order: 2,
    sso: 'automatic',
    jit: { create: 'on' },
    settings: settingsOf(company, `${b}/sso/b-company/multipass`),
  });
}

async function people(broker: Broker): Promise<void> {
  for (const [audience, name, admin] of [
    ['users', 'Uma', false],
    ['agents', 'Gus', false],
    ['agents', 'Ada', true],
  ] as const)
    await broker.api('POST', '/v1/accounts', {
      audience,
      admin,
      name,
      username: name.toLowerCase(),
      emails: [{ value: `${name.toLowerCase()}@people.test`, verified: true }],
      password: PASSWORD,
    });
}
