import { hash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import {
  Refusal,
  type Account,
  type ApplicationRecord,
  type Brand,
  type CatalogChange,
  type CatalogKind,
  type UsersourceRecord,
} from '@passbroker/model';
import { systemClock, type Clock, type Logger, type ServiceName, type ServicePublicKeys } from '@passbroker/platform';
import type { CatalogReader } from './catalog.js';
import { ChangeLogWatch } from './change-log-watch.js';
import { KeyedCache, type Outage } from './keyed-cache.js';
import { named } from './naming.js';
import {
  ACCOUNT,
  accountRow,
  APPLICATION,
  applicationRow,
  BRAND,
  brandRow,
  serviceKeyRow,
  USERSOURCE_IN_FORCE,
  USERSOURCE_WITHOUT_SETTINGS,
  usersourceRow,
} from './records.js';
import { sqlOf, type Sql } from './sql.js';

export interface CachedCatalogOptions {
  dataSource: DataSource;
  /** Whose role the connections have: the minter sees usersources without their settings. */
  service: ServiceName;
  log: Logger;
  clock?: Clock;
  /** Records kept of each kind. */
  capacity?: number;
  /** How often to look for news the bus has lost. */
  everyMs?: number;
}

/**
 * The catalog by key, from memory. News mark exactly what changed as old; it is read again when it is next asked for.
 *
 *   bus ── heard() ─┐
 *                   ├─► forget what changed ─► listeners
 *   change log ─────┘   (looked at every second: lost news still bite)
 */
export class CachedCatalog implements CatalogReader {
  readonly #sql: Sql;
  readonly #log: Logger;
  readonly #usersource: string;
  readonly #brands: KeyedCache<Brand>;
  readonly #usersources: KeyedCache<UsersourceRecord>;
  readonly #lists: KeyedCache<{ brand: string; usersources: readonly UsersourceRecord[] }>;
  readonly #applications: KeyedCache<ApplicationRecord>;
  readonly #accounts: KeyedCache<Account>;
  readonly #serviceKeys: KeyedCache<ServicePublicKeys>;
  readonly #listeners: ((change: CatalogChange) => void)[] = [];
  /** What the bus told since the last look at the log, which would tell it again. */
  readonly #told = new Set<string>();
  readonly #watch: ChangeLogWatch;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #away = false;

  constructor({
    dataSource,
    service,
    log,
    clock = systemClock,
    capacity = 10_000,
    everyMs = 1_000,
  }: CachedCatalogOptions) {
    const now = () => clock().getTime();
    const outage: Outage = { until: 0 };
    const common = { capacity, now, outage };
    const byId = { ...common, idsOf: (record: { id: string }) => [record.id] };
    this.#sql = sqlOf(dataSource);
    this.#log = log;
    this.#usersource = service === 'minter' ? USERSOURCE_WITHOUT_SETTINGS : USERSOURCE_IN_FORCE;
    this.#brands = new KeyedCache<Brand>(byId);
    this.#usersources = new KeyedCache<UsersourceRecord>(byId);
    this.#applications = new KeyedCache<ApplicationRecord>(byId);
    this.#accounts = new KeyedCache<Account>(byId);
    this.#serviceKeys = new KeyedCache({ ...common, idsOf: (keys) => [keys.service] });
    this.#lists = new KeyedCache({
      ...common,
      idsOf: ({ brand, usersources }) => [brand, ...usersources.map((usersource) => usersource.id)],
    });
    this.#watch = new ChangeLogWatch(
      this.#sql,
      now,
      (change) => this.#found(change),
      () => this.#forgetAll(),
    );
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
    void this.#look();
  }

  async brandByHost(host: string): Promise<Brand | undefined> {
    const key = named(host).toLowerCase();
    const where = 'where t.id = (select brand from catalog.brand_host where host = $1)';
    return this.#brands.get(`host:${key}`, () => this.#one(brandRow, `${BRAND} ${where}`, key));
  }

  async brand(id: string): Promise<Brand | undefined> {
    return this.#byId(this.#brands, brandRow, BRAND, id);
  }

  async defaultBrand(): Promise<Brand> {
    const brand = await this.#brands.get('default', () => this.#one(brandRow, `${BRAND} where t.is_default`));
    if (!brand) throw new Refusal('brand.unknown', 'there is no default brand: run the migrations');
    return brand;
  }

  async usersource(id: string): Promise<UsersourceRecord | undefined> {
    return this.#byId(this.#usersources, usersourceRow, this.#usersource, id);
  }

  async usersourceBySlug(slug: string): Promise<UsersourceRecord | undefined> {
    return this.#bySlug(this.#usersources, usersourceRow, this.#usersource, slug);
  }

  async usersourcesOf(brand: string): Promise<readonly UsersourceRecord[]> {
    const id = named(brand);
    const list = await this.#lists.get(id, async () => {
      const { rows } = await this.#sql(`${this.#usersource} where t.brand = $1 order by t."order", t.id`, [id]);
      return { brand: id, usersources: usersourceRow.array().parse(rows) };
    });
    return list?.usersources ?? [];
  }

  async application(id: string): Promise<ApplicationRecord | undefined> {
    return this.#byId(this.#applications, applicationRow, APPLICATION, id);
  }

  async applicationBySlug(slug: string): Promise<ApplicationRecord | undefined> {
    return this.#bySlug(this.#applications, applicationRow, APPLICATION, slug);
  }

  async account(id: string): Promise<Account | undefined> {
    return this.#byId(this.#accounts, accountRow, ACCOUNT, id);
  }

  /** Every change of a link is news of its account. Keyed by a digest: a subject may be longer than a key may. */
  async accountByLink(usersource: string, subject: string): Promise<Account | undefined> {
    const key = `link:${named(usersource)}:${hash('sha256', named(subject), 'base64url')}`;
    const where = 'where t.id = (select l.account from catalog.link l where l.usersource = $1 and l.subject = $2)';
    return this.#accounts.get(key, () => this.#one(accountRow, `${ACCOUNT} ${where}`, usersource, subject));
  }

  async serviceKeys(service: ServiceName): Promise<ServicePublicKeys | undefined> {
    const statement = 'select service, signing, sealing from catalog.service_key where service = $1';
    return this.#serviceKeys.get(named(service), () => this.#one(serviceKeyRow, statement, service));
  }

  onChange(listener: (change: CatalogChange) => void): void {
    this.#listeners.push(listener);
  }

  heard(change: CatalogChange): void {
    this.#told.add(nameOf(change));
    this.#tell(change);
  }

  async ping(): Promise<void> {
    await this.#sql('select 1');
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #byId<Row>(cache: KeyedCache<Row>, row: z.ZodType<Row>, select: string, id: string): Promise<Row | undefined> {
    const key = named(id);
    return cache.get(`id:${key}`, () => this.#one(row, `${select} where t.id = $1`, key));
  }

  #bySlug<Row>(cache: KeyedCache<Row>, row: z.ZodType<Row>, select: string, slug: string): Promise<Row | undefined> {
    const key = named(slug);
    return cache.get(`slug:${key}`, () => this.#one(row, `${select} where t.slug = $1`, key));
  }

  async #one<Row>(row: z.ZodType<Row>, statement: string, ...values: string[]): Promise<Row | undefined> {
    const { rows } = await this.#sql(statement, values);
    return rows[0] === undefined ? undefined : row.parse(rows[0]);
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** While the log cannot be read, what is cached goes on serving; it is said once, not every second. */
  async #lookOnce(): Promise<void> {
    const before = [...this.#told];
    try {
      await this.#watch.look();
      before.forEach((told) => this.#told.delete(told));
      if (this.#away) this.#log.info('the catalog is back');
      this.#away = false;
    } catch (error) {
      if (!this.#away) this.#log.warn({ err: error }, 'the catalog cannot be read: serving the last good values');
      this.#away = true;
    }
  }

  #found(change: CatalogChange): void {
    if (!this.#told.delete(nameOf(change))) this.#tell(change);
  }

  #tell(change: CatalogChange): void {
    this.#forget(change);
    for (const listener of this.#listeners) listener(change);
  }

  #forget({ kind, id }: CatalogChange): void {
    switch (kind) {
      case 'brand':
        this.#brands.forget(id);
        this.#lists.forget(id);
        return;
      case 'usersource':
        this.#usersources.forget(id);
        this.#lists.forget(id);
        return;
      case 'application':
        return this.#applications.forget(id);
      case 'account':
        return this.#accounts.forget(id);
      case 'service_key':
        return this.#serviceKeys.forget(id);
      case 'key':
        // Keys are kept by who holds them; the listeners know.
        return;
    }
  }

  /** Everything may have changed: listeners are told so of all that anybody here can have built upon. */
  #forgetAll(): void {
    const lists = this.#lists.values();
    const known = {
      brand: [...this.#brands.values().map((brand) => brand.id), ...lists.map((list) => list.brand)],
      usersource: [...this.#usersources.values(), ...lists.flatMap((list) => list.usersources)].map(({ id }) => id),
      application: this.#applications.values().map((application) => application.id),
      account: this.#accounts.values().map((account) => account.id),
      service_key: this.#serviceKeys.values().map((keys) => keys.service),
    };
    for (const cache of [this.#brands, this.#usersources, this.#lists, this.#applications, this.#accounts]) {
      cache.forgetAll();
    }
    this.#serviceKeys.forgetAll();
    const tellAll = (kind: CatalogKind, ids: string[]) => {
      for (const id of new Set(ids)) for (const listener of this.#listeners) listener({ revision: 0, kind, id });
    };
    tellAll('brand', known.brand);
    tellAll('key', known.brand);
    tellAll('usersource', known.usersource);
    tellAll('application', known.application);
    tellAll('account', known.account);
    tellAll('service_key', known.service_key);
  }
}

const nameOf = (change: CatalogChange): string => `${change.revision}:${change.kind}:${change.id}`;
