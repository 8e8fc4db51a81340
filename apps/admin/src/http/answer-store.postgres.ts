import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { sqlOf, type Sql } from '@passbroker/catalog';
import type { AnswerStore, KeptAnswer, Times } from './idempotency.js';

const row = z.object({ bodyHash: z.string(), response: z.object({ sealed: z.string() }).nullable() });

export class PostgresAnswerStore implements AnswerStore {
  readonly #sql: Sql;

  constructor(dataSource: DataSource) {
    this.#sql = sqlOf(dataSource);
  }

  async claim(key: string, route: string, bodyHash: string, times: Times): Promise<true | KeptAnswer> {
    // The key is the first column of the primary key; old rows of all keys go in passing, by their index.
    await this.#sql('delete from catalog.idempotency_key where at < $1 or (key = $2 and status is null and at < $3)', [
      times.forgetBefore,
      key,
      times.abandonedBefore,
    ]);
    const { count } = await this.#sql(
      `insert into catalog.idempotency_key (key, route, body_hash, at) values ($1, $2, $3, $4) on conflict do nothing`,
      [key, route, bodyHash, times.now],
    );
    if (count > 0) return true;
    const { rows } = await this.#sql(
      'select body_hash as "bodyHash", response from catalog.idempotency_key where key = $1 and route = $2',
      [key, route],
    );
    // Released between the two statements: whoever had it failed, and says so to their own caller.
    if (rows[0] === undefined) return { bodyHash };
    const kept = row.parse(rows[0]);
    return { bodyHash: kept.bodyHash, ...(kept.response ? { sealed: kept.response.sealed } : {}) };
  }

  async keep(key: string, route: string, status: number, sealed: string): Promise<void> {
    await this.#sql('update catalog.idempotency_key set status = $3, response = $4 where key = $1 and route = $2', [
      key,
      route,
      status,
      JSON.stringify({ sealed }),
    ]);
  }

  async release(key: string, route: string): Promise<void> {
    await this.#sql('delete from catalog.idempotency_key where key = $1 and route = $2', [key, route]);
  }
}
