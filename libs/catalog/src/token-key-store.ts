import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { WriteConflict, type StoredTokenKey, type TokenKeyStore } from './catalog.js';
import { Writes, type Announce } from './change-log.js';
import { conflictOf } from './conflict.js';
import { named } from './naming.js';
import { TOKEN_KEY_COLUMNS, tokenKeyRow } from './records.js';
import { sqlOf, transaction, type Sql } from './sql.js';

const storedRow = tokenKeyRow.extend({ sealed: z.string() });
const brandRow = z.object({ brand: z.string() });

/** First half of the lock's number; the second is the brand's. */
const LOCK_CLASS = 7_277;

export class PostgresTokenKeyStore implements TokenKeyStore {
  readonly #sql: Sql;
  readonly #writes: Writes;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    announce: Announce,
  ) {
    this.#sql = sqlOf(dataSource);
    this.#writes = new Writes(dataSource, announce);
  }

  async all(brand: string): Promise<StoredTokenKey[]> {
    const { rows } = await this.#sql(
      `select ${TOKEN_KEY_COLUMNS}, t.sealed from keys.token_key t where t.brand = $1 order by t.created_at, t.kid`,
      [named(brand)],
    );
    return storedRow.array().parse(rows);
  }

  /** One at a time within the process too: waiters that each held a connection would leave the holder without one. */
  async exclusively<T>(brand: string, change: () => Promise<T>): Promise<T> {
    const name = named(brand);
    const mine = this.#turn.then(() => this.#locked(name, change));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async add(key: StoredTokenKey): Promise<void> {
    try {
      await this.#writes.run(async (sql, changed) => {
        await sql(
          `insert into keys.token_key (kid, brand, alg, state, public_jwk, sealed, created_at, activated_at, retired_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [
            named(key.kid),
            named(key.brand),
            key.alg,
            key.state,
            JSON.stringify(key.publicJwk),
            named(key.sealed),
            key.createdAt,
            key.activatedAt,
            key.retiredAt,
          ],
        );
        await changed('key', key.brand);
      });
    } catch (error) {
      throw conflictOf(error);
    }
  }

  async setState(kid: string, state: StoredTokenKey['state'], at: Date): Promise<void> {
    await this.#change(
      `update keys.token_key set state = $2,
         activated_at = case when $2 = 'current' then $3 else activated_at end,
         retired_at = case when $2 = 'retired' then $3 else retired_at end
       where kid = $1 returning brand`,
      [named(kid), state, at],
    );
  }

  async remove(kid: string): Promise<void> {
    await this.#change('delete from keys.token_key where kid = $1 returning brand', [named(kid)]);
  }

  async #change(statement: string, values: unknown[]): Promise<void> {
    await this.#writes.run(async (sql, changed) => {
      const { rows } = await sql(statement, values);
      if (rows[0] === undefined) throw new WriteConflict('missing', 'kid');
      await changed('key', brandRow.parse(rows[0]).brand);
    });
  }

  #locked<T>(brand: string, change: () => Promise<T>): Promise<T> {
    return transaction(this.dataSource, async (sql) => {
      // Waiting is what this connection is for; making an RSA key takes its time.
      await sql(`set local statement_timeout = '5500ms'`);
      await sql(`set local idle_in_transaction_session_timeout = '120s'`);
      await sql('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, brand]);
      return change();
    });
  }
}
