import { z } from 'zod';
import type { DataSource } from 'typeorm';
import { named } from './naming.js';
import { sqlOf, type Sql } from './sql.js';

/** Strong hashes beside weak ones of a usersource's own table, of people who have a link there. */
export interface KeptPasswords {
  find(usersource: string, subject: string): Promise<string | undefined>;
  /** Does nothing for somebody who has no link yet: their first sign-in is not over. */
  keep(usersource: string, subject: string, hash: string): Promise<void>;
}

const kept = z.object({ hash: z.string() });

export class PostgresKeptPasswords implements KeptPasswords {
  readonly #sql: Sql;

  constructor(dataSource: DataSource) {
    this.#sql = sqlOf(dataSource);
  }

  async find(usersource: string, subject: string): Promise<string | undefined> {
    const { rows } = await this.#sql('select hash from catalog.kept_password where usersource = $1 and subject = $2', [
      named(usersource),
      named(subject),
    ]);
    return rows[0] === undefined ? undefined : kept.parse(rows[0]).hash;
  }

  async keep(usersource: string, subject: string, hash: string): Promise<void> {
    await this.#sql(
      `insert into catalog.kept_password (usersource, subject, hash)
       select l.usersource, l.subject, $3 from catalog.link l where l.usersource = $1 and l.subject = $2
       on conflict (usersource, subject) do update set hash = excluded.hash, kept_at = now()`,
      [named(usersource), named(subject), named(hash)],
    );
  }
}
