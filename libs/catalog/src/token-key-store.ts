import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
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

const PATIENCE = { tries: 300, everyMs: 100 };
const lockRow = z.object({ got: z.boolean() });

/** Asks again and again: a statement that waited for the lock itself would run into its time-out. */
async function waitForLock(sql: Sql, brand: string): Promise<void> {
  for (let left = PATIENCE.tries; left > 0; left -= 1) {
    const { rows } = await sql('select pg_try_advisory_xact_lock($1, hashtext($2)) as got', [LOCK_CLASS, brand]);
    if (lockRow.parse(rows[0]).got) return;
    await wait(PATIENCE.everyMs);
  }
  throw new Refusal('service.unavailable', 'another replica has been changing the token keys for too long');
}

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
      // Making an RSA key takes its time, and this connection idles meanwhile.
      await sql(`set local idle_in_transaction_session_timeout = '120s'`);
      await waitForLock(sql, brand);
      return change();
    });
  }
}
