import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Account, ApplicationRecord, Brand, UsersourceRecord } from '@passbroker/model';
import {
  WriteConflict,
  type AdminFacts,
  type ApiToken,
  type CatalogWriter,
  type Collection,
  type Domain,
  type NewAccount,
  type NewApplication,
  type NewBrand,
  type NewDomain,
  type NewUsersource,
  type Stored,
  type TokenKeyInfo,
  type WriteOptions,
} from './catalog.js';
import { Writes, type Announce } from './change-log.js';
import { ACCOUNTS, API_TOKENS, APPLICATIONS, BRANDS, DOMAINS, NAMING_DOMAIN, USERSOURCES } from './collections.js';
import { conflictOf } from './conflict.js';
import { named } from './naming.js';
import {
  adminRow,
  ADMINS,
  API_TOKEN,
  apiTokenRow,
  DOMAIN,
  domainRow,
  TOKEN_KEY_COLUMNS,
  tokenKeyRow,
} from './records.js';
import { sqlOf, type Sql } from './sql.js';
import { TableCollection } from './table-collection.js';

const placeRow = z.object({ id: z.string(), brand: z.string(), audience: z.string() });
const idRow = z.object({ id: z.string() });
const nameRow = z.object({ name: z.string() });

export class PostgresCatalogWriter implements CatalogWriter {
  readonly brands: Collection<Brand, NewBrand>;
  readonly usersources: TableCollection<UsersourceRecord, NewUsersource>;
  readonly applications: Collection<ApplicationRecord, NewApplication>;
  readonly accounts: Collection<Account, NewAccount & { disabled?: boolean }>;
  readonly apiTokens: Collection<ApiToken, Omit<ApiToken, 'id' | 'revision' | 'lastUsedAt'> & { hash: string }>;
  readonly domains: Collection<Domain, NewDomain>;
  readonly #sql: Sql;
  readonly #writes: Writes;

  constructor(dataSource: DataSource, announce: Announce) {
    this.#sql = sqlOf(dataSource);
    this.#writes = new Writes(dataSource, announce);
    this.brands = new TableCollection(dataSource, this.#writes, BRANDS);
    this.usersources = new TableCollection(dataSource, this.#writes, USERSOURCES);
    this.applications = new TableCollection(dataSource, this.#writes, APPLICATIONS);
    this.accounts = new TableCollection(dataSource, this.#writes, ACCOUNTS);
    this.apiTokens = new TableCollection(dataSource, this.#writes, API_TOKENS);
    this.domains = new TableCollection(dataSource, this.#writes, DOMAINS);
  }

  domainVerified(id: string, at: Date, options: WriteOptions = {}): Promise<Stored<Domain>> {
    return this.#writes.run(async (sql, changed) => {
      await sql(
        `update catalog.domain set verified_at = $2, revision = revision + 1, updated_at = now()
         where id = $1 and verified_at is null`,
        [named(id), at],
      );
      const { rows } = await sql(`${DOMAIN} where t.id = $1`, [id]);
      if (rows[0] === undefined) throw new WriteConflict('missing', 'id');
      const domain = domainRow.parse(rows[0]);
      const naming = idRow.array().parse((await sql(NAMING_DOMAIN, [domain.name])).rows);
      for (const usersource of naming) await changed('usersource', usersource.id);
      return domain;
    }, options);
  }

  async notOwn(domains: readonly string[]): Promise<string[]> {
    if (domains.length === 0) return [];
    const { rows } = await this.#sql(
      'select distinct name from unnest($1::text[]) as asked (name) where not catalog.is_own_domain(name) order by name',
      [domains],
    );
    return nameRow
      .array()
      .parse(rows)
      .map(({ name }) => name);
  }

  async removeSecondFactors(account: string): Promise<void> {
    await this.#writes.run(async (sql, changed) => {
      for (const table of ['totp', 'passkey', 'recovery_code']) {
        await sql(`delete from catalog.${table} where account = $1`, [named(account)]);
      }
      await changed('account', account);
    });
  }

  async setPasswordHash(account: string, hash: string | null): Promise<void> {
    const id = named(account);
    try {
      await this.#writes.run(async (sql, changed) => {
        if (hash === null) await sql('delete from catalog.credential where account = $1', [id]);
        else {
          // Not `excluded.hash`: reading that needs SELECT on the column, which this role has not.
          await sql(
            `insert into catalog.credential (account, hash) values ($1, $2)
             on conflict (account) do update set hash = $2`,
            [id, named(hash)],
          );
        }
        await changed('account', id);
      });
    } catch (error) {
      const conflict = conflictOf(error);
      throw conflict instanceof WriteConflict ? new WriteConflict('missing', 'id') : conflict;
    }
  }

  async apiTokenByHash(hash: string): Promise<ApiToken | undefined> {
    const { rows } = await this.#sql(`${API_TOKEN} where t.hash = $1`, [named(hash)]);
    return rows[0] === undefined ? undefined : apiTokenRow.parse(rows[0]);
  }

  async tokenUsed(id: string, at: Date): Promise<void> {
    await this.#sql('update catalog.api_token set last_used_at = greatest(last_used_at, $2) where id = $1', [
      named(id),
      at,
    ]);
  }

  async keys(brand?: string): Promise<TokenKeyInfo[]> {
    const one = brand === undefined ? '' : 'where t.brand = (select id from catalog.brand where id = $1 or slug = $1)';
    const { rows } = await this.#sql(
      `select ${TOKEN_KEY_COLUMNS} from keys.token_key t ${one} order by t.created_at, t.kid`,
      brand === undefined ? [] : [named(brand)],
    );
    return tokenKeyRow.array().parse(rows);
  }

  async admins(): Promise<AdminFacts[]> {
    return adminRow.array().parse((await this.#sql(ADMINS)).rows);
  }

  async swapSso(
    usersource: string,
    mode: 'background' | 'automatic',
    options: WriteOptions = {},
  ): Promise<Stored<UsersourceRecord>> {
    const id = named(usersource);
    try {
      return await this.#writes.run(async (sql, changed) => {
        const { rows } = await sql('select id, brand, audience from catalog.usersource where id = $1 or slug = $1', [
          id,
        ]);
        if (rows[0] === undefined) throw new WriteConflict('missing', 'id');
        const place = placeRow.parse(rows[0]);
        // Swaps within one brand take turns, else two of them wait for each other's usersource.
        await sql('select id from catalog.brand where id = $1 for update', [place.brand]);
        const rivals = await sql(
          `select id from catalog.usersource
           where brand = $1 and audience = $2 and id <> $3 and enabled and sso <> 'none' order by id`,
          [place.brand, place.audience, place.id],
        );
        for (const rival of idRow.array().parse(rivals.rows)) {
          await this.usersources.updateIn(sql, changed, rival.id, { sso: 'none' }, undefined);
        }
        return this.usersources.updateIn(sql, changed, place.id, { sso: mode }, options.ifRevision);
      }, options);
    } catch (error) {
      throw conflictOf(error);
    }
  }
}
