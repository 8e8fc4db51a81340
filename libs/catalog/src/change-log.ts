import { z } from 'zod';
import type { DataSource } from 'typeorm';
import type { CatalogChange, CatalogKind } from '@passbroker/model';
import { sqlOf, transaction, type Sql } from './sql.js';

/** Told after the commit, to whoever carries news. A change that is not carried is found in the log within a second. */
export type Announce = (change: CatalogChange) => void;

const revisionRow = z.object({ revision: z.coerce.number() });

/** In the transaction of the write it tells of, so that there is never one without the other. */
export async function logChange(sql: Sql, kind: CatalogKind, id: string): Promise<CatalogChange> {
  const { rows } = await sql('insert into catalog.change_log (kind, id) values ($1, $2) returning revision', [
    kind,
    id,
  ]);
  return { revision: revisionRow.parse(rows[0]).revision, kind, id };
}

const PRUNE_EVERY = 1_000;

/** The transactions that write the catalog: each notes what it changed, and the news go out when it has committed. */
export class Writes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announce: Announce,
  ) {}

  async run<T>(
    work: (sql: Sql, changed: (kind: CatalogKind, id: string) => Promise<void>) => Promise<T>,
    { dryRun = false }: { dryRun?: boolean } = {},
  ): Promise<T> {
    const changes: CatalogChange[] = [];
    const result = await transaction(
      this.dataSource,
      (sql) => work(sql, async (kind, id) => void changes.push(await logChange(sql, kind, id))),
      { commit: !dryRun },
    );
    if (!dryRun) await this.#tell(changes);
    return result;
  }

  async #tell(changes: CatalogChange[]): Promise<void> {
    changes.forEach((change) => this.announce(change));
    if (!changes.some((change) => change.revision % PRUNE_EVERY === 0)) return;
    // Committed is committed: a log that could not be shortened now is shortened another time.
    await sqlOf(this.dataSource)('select catalog.prune_change_log()').catch(() => undefined);
  }
}
