import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Account } from '@passbroker/model';
import { Writes, type Announce } from './change-log.js';
import { writeEmails } from './emails.js';
import { named, newId } from './naming.js';
import { ACCOUNT, accountRow } from './records.js';
import { sqlOf, uniqueViolation, type Sql } from './sql.js';

/** What people may do to the built-in accounts themselves. Every write is a row in the change log of the same transaction. */
export interface LocalAccounts {
  /** The encoded hash of an account's password, if it has one. */
  hashOf(account: string): Promise<string | undefined>;
  /** A user with a verified address and a password, both in one transaction; undefined when the address is somebody's. */
  register(person: { name: string; email: string }, hash: string): Promise<Account | undefined>;
  /**
   * Replaces a password that still is the one it was, so that of two changes at once one loses. `proves` is an
   * address of the account whose owner the change came from: it is verified now.
   */
  changePassword(account: string, change: { from: string; to: string; proves?: string }): Promise<boolean>;
}

const hashRow = z.object({ hash: z.string() });

export class PostgresLocalAccounts implements LocalAccounts {
  readonly #sql: Sql;
  readonly #writes: Writes;

  constructor(dataSource: DataSource, announce: Announce) {
    this.#sql = sqlOf(dataSource);
    this.#writes = new Writes(dataSource, announce);
  }

  async hashOf(account: string): Promise<string | undefined> {
    const { rows } = await this.#sql('select hash from catalog.credential where account = $1', [named(account)]);
    return rows[0] === undefined ? undefined : hashRow.parse(rows[0]).hash;
  }

  async register({ name, email }: { name: string; email: string }, hash: string): Promise<Account | undefined> {
    const id = newId('acc');
    try {
      return await this.#writes.run(async (sql, changed) => {
        // Somebody's username: an address that is registered would stand before it at sign-in (CVE-2026-19607).
        const { count } = await sql(
          `insert into catalog.account (id, audience, name) select $1, 'users', $2
           where not exists (select from catalog.account where lower(username) = lower($3))`,
          [id, named(name), named(email)],
        );
        if (count === 0) return undefined;
        await writeEmails(sql, id, [{ value: email, verified: true }]);
        await sql('insert into catalog.credential (account, hash) values ($1, $2)', [id, named(hash)]);
        await changed('account', id);
        const { rows } = await sql(`${ACCOUNT} where t.id = $1`, [id]);
        const { createdAt: _c, updatedAt: _u, ...account } = accountRow.parse(rows[0]);
        return account;
      });
    } catch (error) {
      if (uniqueViolation(error)) return undefined;
      throw error;
    }
  }

  changePassword(
    account: string,
    { from, to, proves }: { from: string; to: string; proves?: string },
  ): Promise<boolean> {
    const id = named(account);
    return this.#writes.run(async (sql, changed) => {
      const { count } = await sql('update catalog.credential set hash = $3 where account = $1 and hash = $2', [
        id,
        named(from),
        named(to),
      ]);
      if (count === 0) return false;
      if (proves !== undefined) await verify(sql, id, proves);
      await changed('account', id);
      return true;
    });
  }
}

async function verify(sql: Sql, account: string, address: string): Promise<void> {
  const { count } = await sql(
    `update catalog.account_email set verified = true where account = $1 and lower(value) = lower($2) and not verified`,
    [account, named(address)],
  );
  if (count === 0) return;
  await sql('update catalog.account set revision = revision + 1, updated_at = now() where id = $1', [account]);
}
