import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { named } from './naming.js';
import { sqlOf, transaction, uniqueViolation, type Sql } from './sql.js';

export interface Passkey {
  /** The credential's own id, base64url. */
  id: string;
  account: string;
  /** The host it was made for: it is worth nothing on another brand's. */
  rpId: string;
  /** COSE, base64url. */
  publicKey: string;
  counter: number;
  transports: string[];
  /** Kept by a password manager and copied between devices, as opposed to one piece of hardware. */
  synced: boolean;
  label: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

export interface Totp {
  /** The shared secret, sealed by the gateway. */
  sealed: string;
  createdAt: Date;
}

/** What people prove themselves by after the first proof. Only the gateway may read it; nothing here is cached. */
export interface SecondFactorStore {
  /** Whether there is any that can be asked for on this host. */
  has(account: string, rpId: string): Promise<boolean>;
  totp(account: string): Promise<Totp | undefined>;
  /** Replaces the one there was. `step` is that of the code which confirmed it, and is used up by that. */
  setTotp(account: string, sealed: string, step: number, at: Date): Promise<void>;
  /** True once per time step, and never for an earlier one. */
  claimStep(account: string, step: number): Promise<boolean>;
  passkeys(account: string): Promise<Passkey[]>;
  passkey(id: string): Promise<Passkey | undefined>;
  /** False when somebody has it already. */
  addPasskey(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean>;
  /** False when the counter did not grow: a copy of the authenticator is about (one that does not count says 0). */
  passkeyUsed(id: string, counter: number, at: Date): Promise<boolean>;
  /** With the last factor the recovery codes go, too. */
  removeTotp(account: string): Promise<void>;
  removePasskey(account: string, id: string): Promise<void>;
  replaceRecoveryCodes(account: string, hashes: readonly string[]): Promise<void>;
  /** True once per code. */
  claimRecoveryCode(account: string, hash: string, at: Date): Promise<boolean>;
  recoveryCodesLeft(account: string): Promise<number>;
}

const found = z.array(z.object({ found: z.boolean() }));
const counted = z.array(z.object({ left: z.coerce.number() }));
const totpRow = z.object({ sealed: z.string(), createdAt: z.date() });
const passkeyRow = z.object({
  id: z.string(),
  account: z.string(),
  rpId: z.string(),
  publicKey: z.string(),
  counter: z.coerce.number(),
  transports: z.array(z.string()),
  synced: z.boolean(),
  label: z.string(),
  createdAt: z.date(),
  lastUsedAt: z.date().nullable(),
});

const PASSKEY = `select id, account, rp_id as "rpId", public_key as "publicKey", counter, transports, synced, label,
  created_at as "createdAt", last_used_at as "lastUsedAt" from catalog.passkey`;

export class PostgresSecondFactors implements SecondFactorStore {
  readonly #sql: Sql;

  constructor(private readonly dataSource: DataSource) {
    this.#sql = sqlOf(dataSource);
  }

  async has(account: string, rpId: string): Promise<boolean> {
    const { rows } = await this.#sql(
      `select exists (select from catalog.totp where account = $1)
         or exists (select from catalog.passkey where account = $1 and rp_id = $2) as found`,
      [named(account), named(rpId)],
    );
    return found.parse(rows)[0]?.found ?? false;
  }

  async totp(account: string): Promise<Totp | undefined> {
    const { rows } = await this.#sql('select sealed, created_at as "createdAt" from catalog.totp where account = $1', [
      named(account),
    ]);
    return rows[0] === undefined ? undefined : totpRow.parse(rows[0]);
  }

  async setTotp(account: string, sealed: string, step: number, at: Date): Promise<void> {
    await this.#sql(
      `insert into catalog.totp (account, sealed, last_step, created_at) values ($1, $2, $3, $4)
       on conflict (account) do update set sealed = $2, last_step = greatest(catalog.totp.last_step, $3), created_at = $4`,
      [named(account), named(sealed), step, at],
    );
  }

  async claimStep(account: string, step: number): Promise<boolean> {
    const { count } = await this.#sql('update catalog.totp set last_step = $2 where account = $1 and last_step < $2', [
      named(account),
      step,
    ]);
    return count === 1;
  }

  async passkeys(account: string): Promise<Passkey[]> {
    const { rows } = await this.#sql(`${PASSKEY} where account = $1 order by created_at, id`, [named(account)]);
    return passkeyRow.array().parse(rows);
  }

  async passkey(id: string): Promise<Passkey | undefined> {
    const { rows } = await this.#sql(`${PASSKEY} where id = $1`, [named(id)]);
    return rows[0] === undefined ? undefined : passkeyRow.parse(rows[0]);
  }

  async addPasskey(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean> {
    const { id, account, rpId, publicKey, counter, transports, synced, label, createdAt } = passkey;
    try {
      await this.#sql(
        `insert into catalog.passkey (id, account, rp_id, public_key, counter, transports, synced, label, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [named(id), named(account), rpId, publicKey, counter, JSON.stringify(transports), synced, label, createdAt],
      );
      return true;
    } catch (error) {
      if (uniqueViolation(error)) return false;
      throw error;
    }
  }

  async passkeyUsed(id: string, counter: number, at: Date): Promise<boolean> {
    const { count } = await this.#sql(
      `update catalog.passkey set counter = $2, last_used_at = $3
       where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))`,
      [named(id), counter, at],
    );
    return count === 1;
  }

  removeTotp(account: string): Promise<void> {
    return this.#remove(account, 'delete from catalog.totp where account = $1', [named(account)]);
  }

  removePasskey(account: string, id: string): Promise<void> {
    return this.#remove(account, 'delete from catalog.passkey where account = $1 and id = $2', [
      named(account),
      named(id),
    ]);
  }

  async replaceRecoveryCodes(account: string, hashes: readonly string[]): Promise<void> {
    await transaction(this.dataSource, async (sql) => {
      await sql('delete from catalog.recovery_code where account = $1', [named(account)]);
      await sql('insert into catalog.recovery_code (account, hash) select $1, unnest($2::text[])', [account, hashes]);
    });
  }

  async claimRecoveryCode(account: string, hash: string, at: Date): Promise<boolean> {
    const { count } = await this.#sql(
      'update catalog.recovery_code set used_at = $3 where account = $1 and hash = $2 and used_at is null',
      [named(account), named(hash), at],
    );
    return count === 1;
  }

  async recoveryCodesLeft(account: string): Promise<number> {
    const { rows } = await this.#sql(
      'select count(*) as left from catalog.recovery_code where account = $1 and used_at is null',
      [named(account)],
    );
    return counted.parse(rows)[0]?.left ?? 0;
  }

  async #remove(account: string, statement: string, values: string[]): Promise<void> {
    await transaction(this.dataSource, async (sql) => {
      await sql(statement, values);
      await sql(
        `delete from catalog.recovery_code where account = $1
         and not exists (select from catalog.totp where account = $1)
         and not exists (select from catalog.passkey where account = $1)`,
        [account],
      );
    });
  }
}
