import type { Account, ApplicationRecord, Brand, CatalogKind, UsersourceRecord } from '@passbroker/model';
import {
  WriteConflict,
  type ApiToken,
  type Domain,
  type NewDomain,
  type NewAccount,
  type NewApplication,
  type NewBrand,
  type NewUsersource,
  type Stored,
} from './catalog.js';
import { writeEmails } from './emails.js';
import {
  ACCOUNT,
  accountRow,
  API_TOKEN,
  apiTokenRow,
  APPLICATION,
  applicationRow,
  BRAND,
  brandRow,
  DOMAIN,
  domainRow,
  USERSOURCE,
  usersourceRow,
} from './records.js';
import type { Sql } from './sql.js';
import type { Changed, TableShape } from './table-collection.js';

const plain = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { name }]));
const json = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { name, json: true } as const]));

const OF_BRAND = 't.brand = (select id from catalog.brand where id = ? or slug = ?)';
const brand = { brand: { name: 'brand', brand: true } } as const;

const newsOf =
  (kind: CatalogKind) =>
  async (changed: Changed, before: { id: string } | undefined, after: { id: string } | undefined) => {
    const id = (after ?? before)?.id;
    if (id !== undefined) await changed(kind, id);
  };

/** The default brand always answers on `PUBLIC_URL`, whatever else it answers on. */
async function writeHosts(sql: Sql, id: string, { hosts }: Partial<NewBrand>): Promise<void> {
  if (hosts === undefined) return;
  await sql('delete from catalog.brand_host where brand = $1', [id]);
  await sql(
    `insert into catalog.brand_host (host, brand, position)
     select host, $1, min(position) from (
       select split_part(origin, '://', 2) as host, 0 as position from catalog.brand where id = $1 and is_default
       union all
       select lower(host), position::int from unnest($2::text[]) with ordinality as asked (host, position)) all_hosts
     group by host order by host`,
    [id, hosts],
  );
}

export const BRANDS: TableShape<Brand, NewBrand> = {
  table: 'catalog.brand',
  prefix: 'br',
  slug: true,
  select: BRAND,
  row: brandRow,
  columns: {
    ...plain('slug', 'name', 'enabled', 'registration'),
    guestAccess: { name: 'guest_access' },
    ...json('audiences', 'bypass', 'recovery', 'looks'),
  },
  filters: { slug: 't.slug = ?', enabled: 't.enabled = ?' },
  aside: ['hosts'],
  writeAside: writeHosts,
  beforeDelete: async (sql, item) => {
    const { count } = await sql('select 1 from catalog.brand where id = $1 and is_default', [item.id]);
    if (count > 0) throw new WriteConflict('in_use', 'brand');
  },
  news: newsOf('brand'),
};

/** A brand's list of usersources is its own news when one comes, goes or moves. */
async function usersourceNews(
  changed: Changed,
  before: Stored<UsersourceRecord> | undefined,
  after: Stored<UsersourceRecord> | undefined,
): Promise<void> {
  await newsOf('usersource')(changed, before, after);
  if (before?.brand === after?.brand) return;
  if (before) await changed('brand', before.brand);
  if (after) await changed('brand', after.brand);
}

export const USERSOURCES: TableShape<UsersourceRecord, NewUsersource> = {
  table: 'catalog.usersource',
  prefix: 'us',
  slug: true,
  select: USERSOURCE,
  row: usersourceRow,
  columns: {
    ...plain('slug', 'type', 'audience', 'label', 'enabled', 'sso', 'display', 'hintable', 'slo', 'filter', 'sync'),
    ...brand,
    order: { name: '"order"' },
    forwardPassive: { name: 'forward_passive' },
    ...json('domains', 'networks', 'jit', 'linking', 'mapping', 'settings'),
  },
  filters: {
    slug: 't.slug = ?',
    brand: OF_BRAND,
    audience: 't.audience = ?',
    type: 't.type = ?',
    enabled: 't.enabled = ?',
    sso: 't.sso = ?',
  },
  also: (value) => {
    // A filter or a mapping can keep everybody out just as settings can: nobody has come in by the new one yet.
    const differs = ['settings', 'type', 'filter', 'mapping'].flatMap((member) =>
      value(member) === undefined ? [] : [`${member} is distinct from ${value(member)}`],
    );
    if (differs.length === 0) return [];
    const changed = differs.join(' or ');
    return [
      `settings_version = settings_version + (${changed})::int`,
      `proven = case when ${changed} then null else proven end`,
    ];
  },
  news: usersourceNews,
};

export const APPLICATIONS: TableShape<ApplicationRecord, NewApplication> = {
  table: 'catalog.application',
  prefix: 'app',
  slug: true,
  select: APPLICATION,
  row: applicationRow,
  columns: { ...plain('slug', 'protocol', 'audience', 'name', 'enabled'), ...brand, ...json('settings') },
  filters: {
    slug: 't.slug = ?',
    brand: OF_BRAND,
    audience: 't.audience = ?',
    protocol: 't.protocol = ?',
    enabled: 't.enabled = ?',
  },
  news: newsOf('application'),
};

export const ACCOUNTS: TableShape<Account, NewAccount & { disabled?: boolean }> = {
  table: 'catalog.account',
  prefix: 'acc',
  slug: false,
  select: ACCOUNT,
  row: accountRow,
  columns: { ...plain('audience', 'admin', 'username', 'name', 'disabled'), ...json('groups', 'attributes') },
  filters: {
    audience: 't.audience = ?',
    admin: 't.admin = ?',
    disabled: 't.disabled = ?',
    username: 'lower(t.username) = lower(?)',
    email: 't.id = (select account from catalog.account_email where lower(value) = lower(?))',
  },
  aside: ['emails'],
  writeAside: async (sql, id, { emails }) => {
    if (emails !== undefined) await writeEmails(sql, id, emails);
  },
  news: newsOf('account'),
};

export const API_TOKENS: TableShape<ApiToken, Omit<ApiToken, 'id' | 'revision' | 'lastUsedAt'> & { hash: string }> = {
  table: 'catalog.api_token',
  prefix: 'tok',
  slug: false,
  select: API_TOKEN,
  row: apiTokenRow,
  columns: { ...plain('name', 'hash'), ...json('scopes'), expiresAt: { name: 'expires_at' } },
  filters: { name: 't.name = ?' },
};

/** Usersources that name a domain, in either of the two ways. */
export const NAMING_DOMAIN = `
  select id from catalog.usersource
  where domains @> to_jsonb($1::text) or linking->'authoritativeDomains' @> to_jsonb($1::text) order by id`;

export const DOMAINS: TableShape<Domain, NewDomain> = {
  table: 'catalog.domain',
  prefix: 'dom',
  slug: false,
  select: DOMAIN,
  row: domainRow,
  columns: plain('name', 'token'),
  filters: { name: 't.name = lower(?)', verified: 'catalog.is_own_domain(t.name) = ?' },
  beforeDelete: async (sql, { name }) => {
    if ((await sql(NAMING_DOMAIN, [name])).count > 0) throw new WriteConflict('in_use', 'name');
  },
};
