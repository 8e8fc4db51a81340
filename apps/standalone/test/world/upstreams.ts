import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Browser, Page } from '@passbroker/testing';
import type { Broker } from './broker.js';
import { configure, question, REDIRECT, redeem, type Question } from './people.js';

export const CLIENT_SECRET = 'a client secret of more than 32 bytes';
export const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
export const seconds = (): number => Math.floor(Date.now() / 1_000);
/** Until every gateway has heard of a change. */
export const heard = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_200));

export interface Arrival {
  browser: Browser;
  asked: Question;
  last: Page;
}

interface Outcome {
  id: string;
  action: string;
  code: string;
}

/**
 * Federated sign-ins from an application's question to its answer, and what a refused one may leave behind: no session,
 * no cookie, no answer, one event that says why, and nothing that broke.
 */
export class Upstreams {
  readonly redis: Redis;
  readonly #database: Client;
  #clientSecret = '';

  private constructor(readonly broker: Broker) {
    this.redis = new Redis(broker.redisUrl);
    this.#database = new Client({ connectionString: broker.databaseUrl });
  }

  static async of(broker: Broker): Promise<Upstreams> {
    const upstreams = new Upstreams(broker);
    await upstreams.#database.connect();
    upstreams.#clientSecret = (await configure(broker, { sso: 'none' })).clientSecret;
    return upstreams;
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    await this.#database.end();
  }

  add(type: string, slug: string, settings: Record<string, unknown>, more: Record<string, unknown> = {}) {
    return this.broker.api('POST', '/v1/usersources', {
      ...{ slug, type, brand: 'default', audience: 'users', label: `By ${slug}`, enabled: true, order: 5 },
      ...{ sso: 'none', display: 'button', jit: { create: 'on' } },
      linking: { mode: 'prove', authoritativeDomains: [] },
      settings,
      ...more,
    });
  }

  oidc(slug: string, issuer: string, settings: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
    return this.add('oidc', slug, { issuer, clientId: 'broker', clientSecret: CLIENT_SECRET, ...settings }, more);
  }

  /** From the application's question to where the upstream is asked. */
  async setOut(
    slug: string,
    browser = this.broker.browser(),
    until = isCallback,
    ask: Record<string, string> = {},
  ): Promise<Arrival> {
    const asked = question(this.broker, ask);
    const page = await browser.visit(asked.url, { until: isCallback });
    const query = /href="\/sso\/start\/[\w-]+(\?[^"]*)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&');
    if (query === undefined) throw new Error(`nothing to begin with: ${page.status} ${page.text}`);
    const last = await browser.visit(`${this.broker.origin}/sso/start/${slug}${query}`, { until });
    return { browser, asked, last };
  }

  /** Signs somebody in; the claims that the application is given. */
  async admitted(slug: string, browser?: Browser): Promise<Record<string, unknown>> {
    return this.claims(await this.setOut(slug, browser));
  }

  async claims(arrival: Arrival): Promise<Record<string, unknown>> {
    const [, payload = ''] = (await this.idToken(arrival)).split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  }

  /** What the application is given. */
  async idToken({ asked, last }: Arrival): Promise<string> {
    if (!last.location?.searchParams.has('code')) {
      throw new Error(`no answer at the application: ${last.status} ${last.location?.href ?? last.text}`);
    }
    const { body } = await redeem(this.broker, this.#clientSecret, last.location, asked);
    return String(body['id_token']);
  }

  async sessions(): Promise<number> {
    return (await this.redis.keys('session:*')).length;
  }

  /**
   * Rule of a pass: `attack` is refused with one of `codes`, and beside it `control`, the same thing unspoilt, signs
   * somebody in.
   */
  refuses(attack: () => Promise<Arrival>, codes: readonly string[], control: () => Promise<unknown>) {
    return this.refusesEach([{ name: '', come: attack }], codes, control);
  }

  /** The same for a class of attacks with one control: one event for each of them. */
  async refusesEach(
    attacks: readonly { name: string; come: () => Promise<Arrival> }[],
    codes: readonly string[],
    control: () => Promise<unknown>,
  ) {
    const [sessions, events, broken] = [await this.sessions(), await this.#quiet(100), this.#broken()];
    for (const { name, come } of attacks) {
      const { browser, last } = await come();
      const said = { code: last.location?.searchParams.get('code') ?? null, sessions: await this.sessions() };
      const cookie = browser.cookies.value('passbroker_session', new URL(this.broker.origin));
      expect({ name, ...said, cookie }).toEqual({ name, code: null, sessions, cookie: undefined });
      expect([name, last.status, last.location?.searchParams.get('error') ?? null]).not.toEqual([name, 200, null]);
      // Of the 5xx, only the word that upstream is away or set up wrongly.
      if (last.status >= 500) expect([name, last.status]).toEqual([name, 503]);
    }
    await control();
    expect(await this.sessions()).toBeGreaterThan(sessions);
    const refused = await this.#refusedSince(events, attacks.length);
    expect(refused).toHaveLength(attacks.length);
    expect(codes).toEqual(expect.arrayContaining(refused));
    expect(this.#broken()).toBe(broken);
  }

  /** Codes of the refusals that are new since; waits for as many as were tried, then whether there are more. */
  async #refusedSince(before: ReadonlySet<string>, tried: number): Promise<string[]> {
    const deadline = Date.now() + 10_000;
    const told = async () => (await this.#outcomes()).filter(({ id }) => !before.has(id));
    const refused = (all: Outcome[]) => all.filter(({ action }) => action === 'sign_in.refused');
    for (;;) {
      const all = await told();
      if (refused(all).length >= tried && all.some(({ action }) => action === 'sign_in.completed')) break;
      if (Date.now() > deadline) throw new Error(`events are missing: ${JSON.stringify(all)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.#quiet(100);
    return refused(await told()).map(({ code }) => code);
  }

  /** Until what was told of earlier attempts has arrived. */
  async settled(): Promise<void> {
    await this.#quiet(600);
  }

  async #quiet(ms: number): Promise<Set<string>> {
    for (let last = -1; ;) {
      const all = await this.#outcomes();
      if (all.length === last) return new Set(all.map(({ id }) => id));
      last = all.length;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  async #outcomes(): Promise<Outcome[]> {
    const { rows } = await this.#database.query<Outcome>(
      `select id, action, code from catalog.audit_event where action like 'sign_in.%' order by at, id`,
    );
    return rows;
  }

  /** Errors that nobody expected. */
  #broken(): number {
    return this.broker.log.filter((line) => /"level":(50|60)/.test(line)).length;
  }
}
