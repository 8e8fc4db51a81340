import type { WaysIn } from './catalog.js';
import { adminRow, ADMINS, BRAND, brandRow, USERSOURCE, usersourceRow } from './records.js';
import type { Sql } from './sql.js';

/** Read in the transaction that may change them. */
export async function waysIn(sql: Sql): Promise<WaysIn> {
  const admins = await sql(ADMINS);
  const brands = await sql(BRAND);
  const usersources = await sql(`${USERSOURCE} where t.audience = 'agents'`);
  return {
    admins: adminRow.array().parse(admins.rows),
    brands: brandRow.array().parse(brands.rows),
    usersources: usersourceRow.array().parse(usersources.rows),
  };
}

export const withoutLink = (now: WaysIn, account: string, usersource: string): WaysIn => ({
  ...now,
  admins: now.admins.map((admin) =>
    admin.id === account ? { ...admin, links: admin.links.filter((link) => link !== usersource) } : admin,
  ),
});
