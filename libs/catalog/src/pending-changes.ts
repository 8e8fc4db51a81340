import { z } from 'zod';
import type { DataSource } from 'typeorm';
import type { NewUsersource } from './catalog.js';
import { Writes, type Announce } from './change-log.js';
import { USERSOURCES } from './collections.js';
import { conflictOf } from './conflict.js';
import { named, newId } from './naming.js';
import { usersourceRow } from './records.js';
import { sqlOf, uniqueViolation, type Sql } from './sql.js';
import { TableCollection, type Changed } from './table-collection.js';

const members = usersourceRow
  .pick({ label: true, enabled: true, sso: true, display: true, order: true, hintable: true, forwardPassive: true })
  .extend(
    usersourceRow.pick({ slo: true, domains: true, networks: true, jit: true, linking: true, settings: true }).shape,
  )
  .extend(usersourceRow.pick({ mapping: true, filter: true, sync: true }).shape)
  .partial();

/** What a usersource was before the change: of its members those that changed. One that was made was not enabled. */
const earlier = z.object({
  members,
  /** When it was proven at the settings among `members`. */
  provenAt: z.string().nullable().default(null),
});
export type Earlier = z.infer<typeof earlier>;

const row = z.object({
  id: z.string(),
  at: z.date(),
  until: z.date(),
  actor: z.string(),
  ways: z.array(z.string()),
  before: z.record(z.string(), earlier),
  state: z.enum(['waiting', 'confirmed', 'withdrawn', 'rolled_back']),
  decidedAt: z.date().nullable(),
  decidedBy: z.string().nullable(),
});

/** A risky change that is live already, and is taken back unless an admin shows in time that they still get in. */
export type PendingChange = z.infer<typeof row>;
export type NewPendingChange = Pick<PendingChange, 'at' | 'until' | 'actor' | 'ways'> & {
  before: Record<string, Partial<Pick<Earlier, 'provenAt'>> & { members: Partial<NewUsersource> }>;
};

const CHANGE = `
  select id, at, until, actor, ways, before, state, decided_at as "decidedAt", decided_by as "decidedBy"
  from catalog.pending_change`;

/** The admin's side: one change waits at a time, over all replicas. */
export interface PendingChanges {
  /** @throws WriteConflict unique, when another one waits */
  begin(change: NewPendingChange): Promise<PendingChange>;
  waiting(): Promise<PendingChange | undefined>;
  get(id: string): Promise<PendingChange | undefined>;
  /** The newest first. */
  latest(limit: number): Promise<PendingChange[]>;
  /** It never happened, or was undone by hand. */
  withdraw(id: string, at: Date): Promise<void>;
  /** Undoes the change that was not confirmed in time, if there is one. */
  rollBack(now: Date): Promise<PendingChange | undefined>;
}

/** The gateway's side. */
export interface Confirmations {
  /** An admin who began their session at `since` is in by this usersource: what waited for that is confirmed. */
  confirm(usersource: string, account: string, times: { since: Date; now: Date }): Promise<string | undefined>;
}

export class PostgresPendingChanges implements PendingChanges, Confirmations {
  readonly #sql: Sql;
  readonly #writes: Writes;
  readonly #usersources: TableCollection<z.infer<typeof usersourceRow>, NewUsersource>;

  constructor(dataSource: DataSource, announce: Announce) {
    this.#sql = sqlOf(dataSource);
    this.#writes = new Writes(dataSource, announce);
    this.#usersources = new TableCollection(dataSource, this.#writes, USERSOURCES);
  }

  async begin({ at, until, actor, ways, before }: NewPendingChange): Promise<PendingChange> {
    const id = newId('chg');
    try {
      await this.#sql(
        `insert into catalog.pending_change (id, at, until, actor, ways, before) values ($1, $2, $3, $4, $5, $6)`,
        [id, at, until, named(actor), JSON.stringify(ways), JSON.stringify(before)],
      );
    } catch (error) {
      throw conflictOf(error);
    }
    const change = await this.get(id);
    if (!change) throw new Error('a change vanished that was just written');
    return change;
  }

  waiting(): Promise<PendingChange | undefined> {
    return one(this.#sql, `${CHANGE} where state = 'waiting'`);
  }

  get(id: string): Promise<PendingChange | undefined> {
    return one(this.#sql, `${CHANGE} where id = $1`, named(id));
  }

  async latest(limit: number): Promise<PendingChange[]> {
    const { rows } = await this.#sql(`${CHANGE} order by at desc, id desc limit $1`, [limit]);
    return row.array().parse(rows);
  }

  async withdraw(id: string, at: Date): Promise<void> {
    await this.#sql(
      `update catalog.pending_change set state = 'withdrawn', decided_at = $2 where id = $1 and state = 'waiting'`,
      [named(id), at],
    );
  }

  rollBack(now: Date): Promise<PendingChange | undefined> {
    return this.#writes.run(async (sql, changed) => {
      // Whoever confirms at this moment holds the row: then there is nothing to take back.
      const found = await one(sql, `${CHANGE} where state = 'waiting' and until <= $1 for update`, now);
      if (!found) return undefined;
      for (const [slug, was] of inOrder(found.before)) await this.#restore(sql, changed, slug, was);
      await sql(`update catalog.pending_change set state = 'rolled_back', decided_at = $2 where id = $1`, [
        found.id,
        now,
      ]);
      return { ...found, state: 'rolled_back', decidedAt: now };
    });
  }

  async confirm(
    usersource: string,
    account: string,
    { since, now }: { since: Date; now: Date },
  ): Promise<string | undefined> {
    const { rows } = await this.#sql(
      `update catalog.pending_change set state = 'confirmed', decided_at = $4, decided_by = $2
       where state = 'waiting' and ways ? $1 and at <= $3 and until > $4 returning id`,
      [named(usersource), named(account), since, now],
    );
    return rows[0] === undefined ? undefined : z.object({ id: z.string() }).parse(rows[0]).id;
  }

  async #restore(sql: Sql, changed: Changed, slug: string, { members, provenAt }: Earlier): Promise<void> {
    const current = await sql('select id from catalog.usersource where slug = $1 for update', [slug]);
    if (current.count === 0) return;
    await sql('savepoint restored');
    try {
      await this.#usersources.updateIn(sql, changed, slug, members, undefined);
    } catch (error) {
      if (!uniqueViolation(error)) throw error;
      // Its SSO is somebody else's by now. The way in comes back, the SSO does not.
      await sql('rollback to savepoint restored');
      await this.#usersources.updateIn(sql, changed, slug, { ...members, sso: 'none' }, undefined);
    }
    if (members.settings === undefined || provenAt === null) return;
    // These very settings have let somebody in before.
    await sql(
      `update catalog.usersource
       set proven = jsonb_build_object('at', $2::text, 'settingsVersion', settings_version) where slug = $1`,
      [slug, provenAt],
    );
  }
}

/** First who gives SSO up, then who gets it back: there is never more than one (I1). */
function inOrder(before: Record<string, Earlier>): [string, Earlier][] {
  const takes = ({ members: { sso, enabled } }: Earlier): boolean => enabled === true || (sso ?? 'none') !== 'none';
  return Object.entries(before).sort(([, first], [, second]) => Number(takes(first)) - Number(takes(second)));
}

async function one(sql: Sql, statement: string, ...values: unknown[]): Promise<PendingChange | undefined> {
  const { rows } = await sql(statement, values);
  return rows[0] === undefined ? undefined : row.parse(rows[0]);
}
