import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { sqlOf, type Page, type PageAsk, type Sql } from '@passbroker/catalog';
import type { AuditEvent } from '@passbroker/model';
import { Problem } from '../http/problem.js';
import type { AuditEvents, AuditFilter } from './audit-events.js';

const row = z
  .object({
    id: z.string(),
    at: z.date(),
    action: z.string(),
    result: z.enum(['ok', 'refused', 'failed']),
    code: z.string(),
    reference: z.string().nullable(),
    actor: z
      .object({ type: z.enum(['account', 'api_token', 'system', 'visitor']), id: z.string().optional() })
      .nullable(),
    targets: z.array(z.object({ type: z.string(), id: z.string() })),
    context: z.object({
      service: z.string(),
      brand: z.string().optional(),
      ip: z.string().optional(),
      requestId: z.string().optional(),
    }),
    detail: z.string().nullable(),
  })
  .transform(({ id, at, action, result, code, reference, actor, targets, context, detail }): AuditEvent => ({
    id,
    at: at.toISOString(),
    action,
    outcome: { result, code },
    ...(reference === null ? {} : { reference }),
    ...(actor === null ? {} : { actor }),
    targets,
    context,
    ...(detail === null ? {} : { detail }),
  }));

const SELECT =
  'select id, at, action, result, code, reference, actor, targets, context, detail from catalog.audit_event';
const CONDITIONS: Record<keyof AuditFilter, string> = {
  action: 'action = ?',
  result: 'result = ?',
  code: 'code = ?',
  reference: 'reference = ?',
  since: 'at >= ?',
  until: 'at < ?',
};

const place = z.tuple([z.iso.datetime(), z.string().min(1).max(64)]);
const cursorOf = ({ at, id }: AuditEvent): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

function placeOf(cursor: string): z.infer<typeof place> {
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new Problem('request.malformed', 'not a cursor');
  }
}

/** A NUL has no place in Postgres; an event that came with one is kept without it. */
const json = (value: unknown): string => JSON.stringify(value).replaceAll('\\u0000', '');
const text = (value: string | undefined): string | null => value?.replaceAll('\0', '') ?? null;

export class PostgresAuditEvents implements AuditEvents {
  readonly #sql: Sql;

  constructor(dataSource: DataSource) {
    this.#sql = sqlOf(dataSource);
  }

  async store(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const values = events.map(({ id, at, action, outcome, reference, actor, targets, context, detail }) => [
      ...[id, at, text(action), outcome.result, text(outcome.code), text(reference), actor ? json(actor) : null],
      ...[json(targets), json(context), text(detail)],
    ]);
    const rows = values.map(
      (columns, at) => `(${columns.map((_, of) => `$${at * columns.length + of + 1}`).join(',')})`,
    );
    await this.#sql(
      `insert into catalog.audit_event (id, at, action, result, code, reference, actor, targets, context, detail)
       values ${rows.join(',')} on conflict do nothing`,
      values.flat(),
    );
  }

  async list(ask: PageAsk, filter: AuditFilter): Promise<Page<AuditEvent>> {
    const values: unknown[] = [];
    const where: string[] = [];
    for (const [name, condition] of Object.entries(CONDITIONS)) {
      const value: unknown = Reflect.get(filter, name);
      if (value === undefined) continue;
      values.push(value);
      where.push(condition.replace('?', `$${values.length}`));
    }
    const backwards = ask.before !== undefined;
    const cursor = ask.after ?? ask.before;
    if (cursor !== undefined) {
      values.push(...placeOf(cursor));
      where.push(`(at, id) ${backwards ? '>' : '<'} ($${values.length - 1}, $${values.length})`);
    }
    const order = backwards ? 'asc' : 'desc';
    const { rows } = await this.#sql(
      `${SELECT} ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
       order by at ${order}, id ${order} limit ${ask.limit + 1}`,
      values,
    );
    const more = rows.length > ask.limit;
    const data = row.array().parse(rows.slice(0, ask.limit));
    if (backwards) data.reverse();
    const [first, last] = [data[0], data.at(-1)];
    return {
      data,
      next: last && (backwards || more) ? cursorOf(last) : null,
      previous: first && (backwards ? more : cursor !== undefined) ? cursorOf(first) : null,
    };
  }

  async prune(days: number, most: number): Promise<number> {
    const { rows } = await this.#sql('select catalog.prune_audit_events($1, $2) as gone', [days, most]);
    return z.object({ gone: z.number() }).parse(rows[0]).gone;
  }

  async get(id: string): Promise<AuditEvent | undefined> {
    const { rows } = await this.#sql(`${SELECT} where id = $1`, [id]);
    return rows[0] === undefined ? undefined : row.parse(rows[0]);
  }
}
