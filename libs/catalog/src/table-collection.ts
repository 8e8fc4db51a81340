import type { z } from 'zod';
import type { DataSource } from 'typeorm';
import { Refusal, type CatalogKind } from '@passbroker/model';
import { WriteConflict, type Collection, type Page, type PageAsk, type Stored, type WriteOptions } from './catalog.js';
import type { Writes } from './change-log.js';
import { conflictOf } from './conflict.js';
import { named, newId, type IdPrefix } from './naming.js';
import { pageOf, pageStatement } from './pages.js';
import { sqlOf, type Sql } from './sql.js';

export type Changed = (kind: CatalogKind, id: string) => Promise<void>;

export interface Column {
  name: string;
  /** Stored as JSON. */
  json?: true;
  /** The id or slug of a brand; stored as its id. */
  brand?: true;
}

/** What one table of the admin API adds to what all of them do. */
export interface TableShape<Item, New> {
  table: string;
  prefix: IdPrefix;
  slug: boolean;
  select: string;
  row: z.ZodType<Stored<Item>>;
  columns: Readonly<Record<string, Column>>;
  /** Conditions a list may be narrowed by; `?` is the value. */
  filters: Readonly<Record<string, string>>;
  /** Further assignments of an update that depend on what the row was; `$1` is the row's id. */
  also?: (value: (member: string) => string | undefined) => string[];
  /** Members that live in other tables. */
  aside?: readonly string[];
  writeAside?: (sql: Sql, id: string, item: Partial<New>) => Promise<void>;
  /** Before a delete: throws when it may not be. */
  beforeDelete?: (sql: Sql, item: Stored<Item>) => Promise<void>;
  /** News of a write; `before` is missing at creation, `after` at deletion. */
  news?: (changed: Changed, before: Stored<Item> | undefined, after: Stored<Item> | undefined) => Promise<void>;
}

interface Assignment {
  member: string;
  column: string;
  sql: string;
}

export class TableCollection<Item extends { id: string; revision: number }, New extends object> implements Collection<
  Item,
  New
> {
  readonly #sql: Sql;

  constructor(
    dataSource: DataSource,
    private readonly writes: Writes,
    private readonly shape: TableShape<Item, New>,
  ) {
    this.#sql = sqlOf(dataSource);
  }

  async list(ask: PageAsk, where: Partial<Record<string, string | boolean>> = {}): Promise<Page<Stored<Item>>> {
    const values: unknown[] = [];
    const conditions = Object.entries(where).map(([member, value]) => {
      const condition = Object.hasOwn(this.shape.filters, member) ? this.shape.filters[member] : undefined;
      if (condition === undefined) throw new Refusal('request.malformed', `no filter ${member}`);
      // A filter without a value is a mistake, not a wish for everything (ADM-011).
      values.push(typeof value === 'boolean' ? value : named(value));
      return condition.replaceAll('?', `$${values.length}`);
    });
    const page = pageStatement(ask, values.length + 1);
    if (page.where) conditions.push(page.where);
    const condition = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
    const { rows } = await this.#sql(`${this.shape.select} ${condition} ${page.tail}`, [...values, ...page.values]);
    return pageOf(this.shape.row.array().parse(rows), page);
  }

  get(id: string): Promise<Stored<Item> | undefined> {
    return this.#find(this.#sql, id);
  }

  async create(item: New, options: WriteOptions = {}): Promise<Stored<Item>> {
    const id = newId(this.shape.prefix);
    return this.#run(options, async (sql, changed) => {
      const values: unknown[] = [id];
      const assignments = await this.#assignments(sql, item, values);
      await sql(
        `insert into ${this.shape.table} (${['id', ...assignments.map((one) => one.column)].join(', ')})
         values (${['$1', ...assignments.map((one) => one.sql)].join(', ')})`,
        values,
      );
      await this.shape.writeAside?.(sql, id, item);
      const created = await this.#must(sql, id);
      await this.shape.news?.(changed, undefined, created);
      return created;
    });
  }

  async update(id: string, patch: Partial<New>, options: WriteOptions = {}): Promise<Stored<Item>> {
    return this.#run(options, (sql, changed) => this.updateIn(sql, changed, id, patch, options.ifRevision));
  }

  /** An update that is one step of a larger transaction. */
  async updateIn(
    sql: Sql,
    changed: Changed,
    id: string,
    patch: Partial<New>,
    ifRevision: number | undefined,
  ): Promise<Stored<Item>> {
    const before = await this.#hold(sql, id, ifRevision);
    const values: unknown[] = [before.id];
    const assignments = await this.#assignments(sql, patch, values);
    const valueOf = (member: string) => assignments.find((one) => one.member === member)?.sql;
    const sets = [
      ...assignments.map((one) => `${one.column} = ${one.sql}`),
      ...(this.shape.also?.(valueOf) ?? []),
      'revision = revision + 1',
      'updated_at = now()',
    ];
    await sql(`update ${this.shape.table} set ${sets.join(', ')} where id = $1`, values);
    await this.shape.writeAside?.(sql, before.id, patch);
    const after = await this.#must(sql, before.id);
    await this.shape.news?.(changed, before, after);
    return after;
  }

  async delete(id: string, options: WriteOptions = {}): Promise<void> {
    await this.#run(
      options,
      async (sql, changed) => {
        const before = await this.#hold(sql, id, options.ifRevision);
        await this.shape.beforeDelete?.(sql, before);
        await sql(`delete from ${this.shape.table} where id = $1`, [before.id]);
        await this.shape.news?.(changed, before, undefined);
      },
      true,
    );
  }

  async #run<T>(
    { dryRun }: WriteOptions,
    work: (sql: Sql, changed: Changed) => Promise<T>,
    deleting = false,
  ): Promise<T> {
    try {
      return await this.writes.run(work, { dryRun });
    } catch (error) {
      throw conflictOf(error, deleting);
    }
  }

  /** The row, held until the transaction ends, at the revision the writer saw. */
  async #hold(sql: Sql, id: string, ifRevision: number | undefined): Promise<Stored<Item>> {
    await sql(`select t.id from ${this.shape.table} t where ${this.#whereNamed()} for update`, [named(id)]);
    const item = await this.#must(sql, id);
    if (ifRevision !== undefined && ifRevision !== item.revision) throw new WriteConflict('revision', 'revision');
    return item;
  }

  async #must(sql: Sql, id: string): Promise<Stored<Item>> {
    const item = await this.#find(sql, id);
    if (!item) throw new WriteConflict('missing', 'id');
    return item;
  }

  async #find(sql: Sql, id: string): Promise<Stored<Item> | undefined> {
    const { rows } = await sql(`${this.shape.select} where ${this.#whereNamed()}`, [named(id)]);
    return rows[0] === undefined ? undefined : this.shape.row.parse(rows[0]);
  }

  #whereNamed(): string {
    return this.shape.slug ? '(t.id = $1 or t.slug = $1)' : 't.id = $1';
  }

  async #assignments(sql: Sql, item: object, values: unknown[]): Promise<Assignment[]> {
    const assignments: Assignment[] = [];
    for (const [member, value] of Object.entries(item)) {
      if (value === undefined || this.shape.aside?.includes(member)) continue;
      const column = Object.hasOwn(this.shape.columns, member) ? this.shape.columns[member] : undefined;
      if (!column) throw new Error(`${this.shape.table} has no member ${member}`);
      values.push(column.brand ? await brandId(sql, value) : column.json ? JSON.stringify(value) : value);
      assignments.push({ member, column: column.name, sql: `$${values.length}${column.json ? '::jsonb' : ''}` });
    }
    return assignments;
  }
}

async function brandId(sql: Sql, brand: unknown): Promise<unknown> {
  const { rows } = await sql('select id from catalog.brand where id = $1 or slug = $1', [named(brand)]);
  const [row] = rows;
  if (typeof row !== 'object' || row === null || !('id' in row)) throw new WriteConflict('missing', 'brand');
  return row.id;
}
