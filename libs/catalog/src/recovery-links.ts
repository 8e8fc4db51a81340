import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DataSource } from 'typeorm';
import { conflictOf } from './conflict.js';
import { named } from './naming.js';
import { sqlOf, type Sql } from './sql.js';

/** Links that let an admin in when no usersource does. Made by the command on the host, used up by the gateway. */
export interface RecoveryLinks {
  /** Replaces an earlier link of the same account. @throws WriteConflict missing */
  leave(account: string, token: string, expiresAt: Date): Promise<void>;
  /** Whose link it was, if it was one and is in time. It is gone in any case: of a hundred tries at once one gets it. */
  use(token: string, now: Date): Promise<string | undefined>;
}

/** Whom to tell that somebody came in by one. */
export interface AdminAddresses {
  /** Verified ones, of admins who are not disabled. */
  addresses(): Promise<string[]>;
}

const used = z.object({ account: z.string(), expiresAt: z.date() });

/** 256 bits of chance need no slow hash; whoever reads the table cannot come in by it. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

export class PostgresRecoveryLinks implements RecoveryLinks, AdminAddresses {
  readonly #sql: Sql;

  constructor(dataSource: DataSource) {
    this.#sql = sqlOf(dataSource);
  }

  async leave(account: string, token: string, expiresAt: Date): Promise<void> {
    const values = [named(account), hashOf(named(token)), expiresAt];
    try {
      // Not `excluded`: reading that needs SELECT on the columns, which this role has not.
      await this.#sql(
        `insert into catalog.recovery_link (account, hash, expires_at) values ($1, $2, $3)
         on conflict (account) do update set hash = $2, expires_at = $3`,
        values,
      );
    } catch (error) {
      throw conflictOf(error);
    }
  }

  async use(token: string, now: Date): Promise<string | undefined> {
    const { rows } = await this.#sql(
      `delete from catalog.recovery_link where hash = $1 returning account, expires_at as "expiresAt"`,
      [hashOf(named(token))],
    );
    if (rows[0] === undefined) return undefined;
    const { account, expiresAt } = used.parse(rows[0]);
    return expiresAt > now ? account : undefined;
  }

  async addresses(): Promise<string[]> {
    const { rows } = await this.#sql(
      `select e.value from catalog.account_email e join catalog.account a on a.id = e.account
       where a.admin and not a.disabled and e.verified order by e.value limit 100`,
    );
    return z
      .array(z.object({ value: z.string() }))
      .parse(rows)
      .map(({ value }) => value);
  }
}
