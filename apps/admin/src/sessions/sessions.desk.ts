import type { Questions } from '@passbroker/bus';
import type { CatalogWriter } from '@passbroker/catalog';
import { ok, type Answer } from '../http/answer.js';
import { answered } from '../http/answered.js';
import type { Ask } from '../http/ask.js';
import { parseQuery } from '../http/complaints.js';
import { isDryRun } from '../http/dry-run.js';
import { pageAnswer, pageAsk } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { BrandNames } from '../records/brand-names.js';
import type { WriteLog } from '../records/write-log.js';
import {
  endedAnswer,
  sessionAnswer,
  sessionFilters,
  sessionPage,
  sessionWriteQuery,
  type KeptSession,
} from './session.schema.js';

/** Somebody waits for the answer, and a gateway that lives has it in milliseconds. */
const ANSWER_MS = 3_000;

/** `<account>_<handle>`: the gateway finds a session by whose it is. A handle has 24 characters. */
const ID = /^(.+)_([A-Za-z0-9_-]{24})$/;

/** Sessions are the gateway's, and in Redis: it is asked for them over the bus, and ends them. */
export class SessionsDesk {
  readonly #brands: BrandNames;

  constructor(
    private readonly writer: Pick<CatalogWriter, 'brands' | 'usersources' | 'accounts'>,
    private readonly questions: Pick<Questions, 'ask'>,
    private readonly log: WriteLog,
  ) {
    this.#brands = new BrandNames(writer.brands);
  }

  async list(ask: Ask): Promise<Answer> {
    const { account, ...page } = parseQuery(sessionFilters, ask.query);
    const found = answered(sessionPage, await this.#ask('sessions.list', { account, ...pageAsk(page) }));
    const slugs = await this.#usersources(found.data);
    return pageAnswer(ask, { ...found, data: await Promise.all(found.data.map((one) => this.#view(one, slugs))) });
  }

  async get(ask: Ask): Promise<Answer> {
    const session = await this.#must(ask);
    return ok(await this.#view(session, await this.#usersources([session])));
  }

  async end(ask: Ask): Promise<Answer> {
    parseQuery(sessionWriteQuery, ask.query);
    const { id: session, account } = await this.#must(ask);
    if (isDryRun(ask)) return { status: 204, headers: { 'dry-run': 'true' } };
    const { ended } = answered(endedAnswer, await this.#ask('sessions.end', { account, session }));
    if (ended === 0) throw new Problem('resource.not_found');
    this.log.done(ask, 'session.revoked', { type: 'session', id: ask.id });
    return { status: 204 };
  }

  async endAll(ask: Ask): Promise<Answer> {
    parseQuery(sessionWriteQuery, ask.query);
    const account = await this.writer.accounts.get(ask.id);
    if (!account) throw new Problem('resource.not_found');
    if (isDryRun(ask)) return { status: 204, headers: { 'dry-run': 'true' } };
    await this.#ask('sessions.end_all', { account: account.id });
    this.log.done(ask, 'session.all_revoked', { type: 'account', id: account.id });
    return { status: 204 };
  }

  async #must(ask: Ask): Promise<KeptSession> {
    const [, account, session] = ID.exec(ask.id) ?? [];
    if (account === undefined || session === undefined) throw new Problem('resource.not_found');
    const found = answered(sessionAnswer, await this.#ask('sessions.get', { account, session }));
    if (!found) throw new Problem('resource.not_found');
    return found;
  }

  /** @throws Refusal bus.no_answer, which is told as `service.unavailable` */
  #ask(type: string, body: object): Promise<unknown> {
    return this.questions.ask('gateway', type, body, ANSWER_MS);
  }

  async #usersources(sessions: readonly KeptSession[]): Promise<Map<string, string>> {
    const ids = [...new Set(sessions.map(({ usersource }) => usersource))];
    const found = await Promise.all(ids.map((id) => this.writer.usersources.get(id)));
    return new Map(found.flatMap((record) => (record ? [[record.id, record.slug]] : [])));
  }

  async #view({ device, ...session }: KeptSession, slugs: ReadonlyMap<string, string>) {
    const { id, account, brand, usersource, audience, methods, mfa } = session;
    return {
      id: `${account}_${id}`,
      account,
      brand: await this.#brands.slugOf(brand),
      usersource: slugs.get(usersource) ?? usersource,
      ...{ audience, methods, mfa },
      device: device ? { ip: device.ip, userAgent: device.agent } : null,
      createdAt: new Date(session.createdAt).toISOString(),
      authenticatedAt: new Date(session.authTime).toISOString(),
      lastSeenAt: new Date(session.lastSeen).toISOString(),
    };
  }
}
