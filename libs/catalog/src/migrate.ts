import type { DataSource } from 'typeorm';
import type { Logger } from '@passbroker/platform';
import { openDatabase } from './database.js';
import { ensureDefaultBrand } from './default-brand.js';
import { MIGRATIONS } from './migrations/index.js';
import { ensureRoles } from './roles.js';
import { sqlOf } from './sql.js';

export interface MigrateOptions {
  /** A login that owns the database, or may create schemas in it. */
  url: string;
  /** Origin of the default brand. */
  publicUrl: string;
  log: Logger;
}

/** Any number: it only has to be the same for every replica. */
const LOCK = 7_277_426;

/** Brings the database to this version. Replicas that start together take turns; the later ones find nothing to do. */
export async function migrate({ url, publicUrl, log }: MigrateOptions): Promise<void> {
  const owner = await openDatabase({ url, service: 'owner', poolSize: 3, log, migrations: MIGRATIONS });
  try {
    await inTurn(owner, async () => {
      const sql = sqlOf(owner);
      await ensureRoles(sql);
      await sql('create schema if not exists catalog');
      await sql('create schema if not exists keys');
      const done = await owner.runMigrations({ transaction: 'each' });
      await ensureDefaultBrand(owner, publicUrl);
      await sql('select catalog.prune_change_log()');
      if (done.length > 0) log.info({ migrations: done.map((migration) => migration.name) }, 'database migrated');
    });
  } finally {
    await owner.destroy();
  }
}

async function inTurn(owner: DataSource, work: () => Promise<void>): Promise<void> {
  const holder = owner.createQueryRunner();
  try {
    await holder.query('select pg_advisory_lock($1)', [LOCK]);
    try {
      await work();
    } finally {
      await holder.query('select pg_advisory_unlock($1)', [LOCK]);
    }
  } finally {
    await holder.release();
  }
}
