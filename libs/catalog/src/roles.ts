import { roleOf } from './database.js';
import { StatementFailed, type Sql } from './sql.js';
import type { ServiceName } from '@passbroker/platform';

const SERVICES: readonly ServiceName[] = ['gateway', 'minter', 'admin'];

/** Roles belong to the whole server: another database's migration may make or grant the same one at this moment. */
const RACED = ['42710', '23505', 'XX000'];
const FORBIDDEN = '42501';

async function attempt(sql: Sql, statement: string, forbidden: string, tries = 5): Promise<void> {
  try {
    await sql(statement);
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    if (error.code === FORBIDDEN) throw new Error(`${forbidden} (${error.message})`, { cause: error });
    if (error.code === '42710' || error.code === '23505') return;
    if (!RACED.includes(error.code) || tries <= 1) throw error;
    await attempt(sql, statement, forbidden, tries - 1);
  }
}

async function is(sql: Sql, question: string, role: string): Promise<boolean> {
  return (await sql(`select 1 where ${question}`, [role])).count > 0;
}

/**
 * The group roles the services run as. They cannot log in: a login is a member, and each connection says which
 * role it is. In production give each service its own login with only its own role, made beforehand.
 * @throws Error that tells the operator what to run, when this login may not.
 */
export async function ensureRoles(sql: Sql): Promise<void> {
  const settable = (await is(sql, `current_setting('server_version_num')::int >= 160000 and $1 <> ''`, 'x'))
    ? 'SET'
    : 'MEMBER';
  for (const role of SERVICES.map(roleOf)) {
    if (!(await is(sql, 'exists (select from pg_roles where rolname = $1)', role))) {
      await attempt(
        sql,
        `create role ${role} nologin`,
        `this database login may not create roles: run "CREATE ROLE ${role} NOLOGIN" as a superuser`,
      );
    }
    if (!(await is(sql, `pg_has_role(current_user, $1, '${settable}')`, role))) {
      await attempt(
        sql,
        `grant ${role} to current_user`,
        `this database login is not a member of ${role}: run "GRANT ${role} TO <login>" as a superuser`,
      );
    }
  }
}
