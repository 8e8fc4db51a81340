import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Audience, AudiencePolicy, Bypass, CatalogChange } from '@passbroker/model';
import { logChange } from './change-log.js';
import { newId } from './naming.js';
import { transaction, type Sql } from './sql.js';

/** What a brand starts with (usersource policy, section 3.1). */
export const DEFAULT_AUDIENCE_POLICY: AudiencePolicy = {
  hrd: 'off',
  automaticScope: 'exclusive',
  singleOption: 'show',
  offNetwork: 'degrade',
  mfa: 'none',
  idleSec: 28_800,
  absoluteSec: 86_400,
};

/** Agents and admins can get past an Automatic SSO that broke; from anywhere, until somebody names networks. */
export const DEFAULT_BYPASS: Bypass = { surfaces: ['agent', 'admin'], networks: [] };

const found = z.array(z.object({ id: z.string(), origin: z.string() })).max(1);

/**
 * The brand that answers on `PUBLIC_URL`: made on the first start with a local usersource for each audience, given
 * its new origin and host when `PUBLIC_URL` has changed since. What admins changed besides stays.
 */
export async function ensureDefaultBrand(
  dataSource: DataSource,
  publicUrl: string,
  announce: (change: CatalogChange) => void = () => undefined,
): Promise<void> {
  const origin = new URL(publicUrl).origin;
  const changes = await transaction(dataSource, async (sql) => {
    // Two replicas may start together; a brand that is not there yet cannot be locked, the table can.
    await sql('lock table catalog.brand in share row exclusive mode');
    const [brand] = found.parse((await sql('select id, origin from catalog.brand where is_default')).rows);
    if (!brand) return create(sql, origin);
    return brand.origin === origin ? [] : move(sql, brand, origin);
  });
  changes.forEach(announce);
}

async function create(sql: Sql, origin: string): Promise<CatalogChange[]> {
  const brand = newId('br');
  await sql(
    `insert into catalog.brand (id, slug, name, enabled, is_default, origin, guest_access, registration, audiences, bypass, looks)
     values ($1, 'default', 'Passbroker', true, true, $2, true, 'open', $3, $4, '{}')`,
    [
      brand,
      origin,
      JSON.stringify({ users: DEFAULT_AUDIENCE_POLICY, agents: DEFAULT_AUDIENCE_POLICY }),
      JSON.stringify(DEFAULT_BYPASS),
    ],
  );
  await sql('insert into catalog.brand_host (host, brand, position) values ($1, $2, 0)', [new URL(origin).host, brand]);
  return [
    await localUsersource(sql, brand, 'users', 'registration'),
    await localUsersource(sql, brand, 'agents', 'off'),
    await logChange(sql, 'brand', brand),
  ];
}

async function localUsersource(
  sql: Sql,
  brand: string,
  audience: Audience,
  create: 'registration' | 'off',
): Promise<CatalogChange> {
  const id = newId('us');
  await sql(
    `insert into catalog.usersource (id, slug, type, brand, audience, label, enabled, sso, display, "order", hintable,
       forward_passive, slo, domains, networks, jit, linking, settings)
     values ($1, $2, 'local', $3, $4, 'E-mail and password', true, 'none', 'form', 10, true, false, false, '[]', '[]', $5, $6, '{}')`,
    [
      id,
      `local-${audience}`,
      brand,
      audience,
      JSON.stringify({ create, grant: [] }),
      JSON.stringify({ mode: 'never', authoritativeDomains: [] }),
    ],
  );
  return logChange(sql, 'usersource', id);
}

/** Every brand's origin takes its scheme from here, so all of them are news. */
async function move(sql: Sql, brand: { id: string; origin: string }, origin: string): Promise<CatalogChange[]> {
  await sql('delete from catalog.brand_host where brand = $1 and host = any($2)', [
    brand.id,
    [new URL(brand.origin).host, new URL(origin).host],
  ]);
  await sql('update catalog.brand_host set position = position + 1 where brand = $1', [brand.id]);
  await sql('insert into catalog.brand_host (host, brand, position) values ($1, $2, 0)', [
    new URL(origin).host,
    brand.id,
  ]);
  await sql('update catalog.brand set origin = $2, revision = revision + 1, updated_at = now() where id = $1', [
    brand.id,
    origin,
  ]);
  const brands = z.array(z.object({ id: z.string() })).parse((await sql('select id from catalog.brand')).rows);
  const changes: CatalogChange[] = [];
  for (const { id } of brands) changes.push(await logChange(sql, 'brand', id));
  return changes;
}
