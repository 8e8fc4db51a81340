import { z } from 'zod';
import type { CatalogChange } from '@passbroker/model';
import type { Sql } from './sql.js';

const BATCH = 1_000;
/** No transaction of ours lives so long that a revision could still appear after this. */
const GAP_LIFE_MS = 60_000;
const MOST_GAPS = 10_000;
/** How far back of the newest revision one may still be uncommitted when we begin to watch. */
const BEGIN_BACK = 200;

const revision = z.coerce.number();
const kind = z.enum(['brand', 'usersource', 'application', 'account', 'key', 'service_key']);
const rowShape = z.object({
  revision: revision.nullable(),
  kind: kind.nullable(),
  id: z.string().nullable(),
  oldest: revision.nullable(),
  newest: revision.nullable(),
});

/** Two index scans and the ends of the log, in one statement that always answers at least one row. */
const LOOK = `
  select l.revision, l.kind, l.id, ends.oldest, ends.newest
  from (select (select min(revision) from catalog.change_log) as oldest,
               (select max(revision) from catalog.change_log) as newest) ends
  left join lateral (
    (select revision, kind, id from catalog.change_log where revision > $1 order by revision limit ${BATCH})
    union all
    select revision, kind, id from catalog.change_log where revision = any($2::bigint[])
  ) l on true
  order by l.revision`;

/**
 * Reads the change log from where it left off. Revisions are given out before their transactions commit, so a
 * lower one can appear after a higher one: numbers that were skipped are asked for again for a while.
 */
export class ChangeLogWatch {
  #last: number | undefined;
  readonly #gaps = new Map<number, number>();

  constructor(
    private readonly sql: Sql,
    private readonly now: () => number,
    private readonly onChange: (change: CatalogChange) => void,
    /** More may have changed than the log still tells. */
    private readonly onLost: () => void,
  ) {}

  async look(): Promise<void> {
    if (this.#last === undefined) return this.#begin();
    for (const [gap, until] of this.#gaps) if (until < this.now()) this.#gaps.delete(gap);
    const rows = z.array(rowShape).parse((await this.sql(LOOK, [this.#last, [...this.#gaps.keys()]])).rows);
    const { oldest, newest } = rows[0] ?? { oldest: null, newest: null };
    // A log that ends before our place is another log (a restored backup); one that begins after it was pruned past us.
    if ((newest ?? 0) < this.#last || (oldest ?? 0) > this.#last + 1) {
      return this.#begin();
    }
    const changes = rows.flatMap((row) =>
      row.revision === null || row.kind === null || row.id === null
        ? []
        : [{ revision: row.revision, kind: row.kind, id: row.id }],
    );
    for (const change of changes) this.#take(change);
    if (changes.length >= BATCH) await this.look();
  }

  #take(change: CatalogChange): void {
    const last = this.#last ?? change.revision;
    if (change.revision > last) {
      this.#skip(last + 1, change.revision);
      this.#last = change.revision;
    } else {
      this.#gaps.delete(change.revision);
    }
    this.onChange(change);
  }

  #skip(from: number, until: number): void {
    if (until - from > MOST_GAPS) return this.onLost();
    for (let missing = from; missing < until; missing += 1) this.#gaps.set(missing, this.now() + GAP_LIFE_MS);
  }

  async #begin(): Promise<void> {
    const { rows } = await this.sql(
      `select revision from catalog.change_log order by revision desc limit ${BEGIN_BACK}`,
    );
    const known = z
      .array(z.object({ revision }))
      .parse(rows)
      .map((row) => row.revision)
      .reverse();
    this.#gaps.clear();
    known.forEach((here, index) => this.#skip((known[index - 1] ?? here - 1) + 1, here));
    this.#last = known.at(-1) ?? 0;
    // What was read before the watch began may have changed unseen.
    this.onLost();
  }
}
