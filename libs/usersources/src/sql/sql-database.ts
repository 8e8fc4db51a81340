import { Refusal } from '@passbroker/model';
import type { MayReach } from '@passbroker/platform';
import type { Connection } from './connection.settings.js';
import { openMysql } from './mysql.session.js';
import type { Statement } from './named-parameters.js';
import { openOracle } from './oracle.session.js';
import { openPostgres } from './postgres.session.js';
import { LIMITS, type Limits, type OpenSession, type Row } from './session.js';
import { SessionPool } from './session-pool.js';
import { openSqlServer } from './sqlserver.session.js';
import { refusalOf } from './trouble.js';

const OPENERS = {
  postgres: openPostgres,
  mariadb: openMysql,
  mysql: openMysql,
  sqlserver: openSqlServer,
  oracle: openOracle,
} as const;

/** Somebody else's database, for reading one statement at a time. */
export class SqlDatabase {
  private readonly pool: SessionPool;
  readonly open: OpenSession;

  constructor(
    to: Connection,
    readonly mayReach: MayReach,
    limits: Limits = LIMITS,
  ) {
    this.open = async () => OPENERS[to.dialect](to, mayReach);
    this.pool = new SessionPool(this.open, limits);
  }

  /** @throws Refusal usersource.unreachable, usersource.busy, usersource.misconfigured */
  async rows(statement: Statement, values: Readonly<Record<string, string>>): Promise<Row[]> {
    const rows = await this.pool
      .use((session) => session.read(statement, values))
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    // Part of an answer is no answer: the group that is missing may be the one that forbids.
    if (rows.length > LIMITS.rows) {
      throw new Refusal('usersource.misconfigured', `the statement answers with more than ${LIMITS.rows} rows`);
    }
    return rows;
  }

  close(): void {
    this.pool.close();
  }
}
