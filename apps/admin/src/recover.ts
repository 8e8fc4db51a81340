import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CachedCatalog,
  openDatabase,
  PostgresCatalogWriter,
  PostgresPendingChanges,
  PostgresRecoveryLinks,
} from '@passbroker/catalog';
import {
  commonConfig,
  ConfigError,
  createLogger,
  parseConfig,
  runningPostgres,
  systemClock,
} from '@passbroker/platform';
import { PostgresAuditEvents } from './audit-events/audit-events.postgres.js';
import { forceWayIn } from './forced-recovery.js';
import { recoveryLink } from './recovery-link.js';

const USAGE = 'Usage: passbroker recover --admin EMAIL [--force [--disable USERSOURCE]...]';

/**
 * `passbroker recover --admin EMAIL`: prints a link that lets this admin in once, whatever is broken. It needs the
 * database and nothing else: no Redis, no usersource, no running broker but the gateway that takes the link.
 * `--force` first does what the API would refuse: see `forceWayIn`.
 */
try {
  const { email, force, disable } = asked();
  const config = parseConfig(commonConfig, process.env);
  const log = createLogger('recover', 'error', process.stderr);
  const url = config.DATABASE_URL ?? (await runningPostgres(join(resolve(config.DATA_DIR), 'postgres')));
  if (url === undefined) throw new ConfigError(['DATABASE_URL is missing, and DATA_DIR holds no database']);
  const dataSource = await openDatabase({ url, service: 'admin', poolSize: 2, log });
  const catalog = new CachedCatalog({ dataSource, service: 'admin', log });
  try {
    const writer = new PostgresCatalogWriter(dataSource, () => undefined);
    const auditEvents = new PostgresAuditEvents(dataSource);
    const links = new PostgresRecoveryLinks(dataSource);
    const parts = { writer, catalog, auditEvents, links, now: systemClock };
    const changes = new PostgresPendingChanges(dataSource, () => undefined);
    const done = force ? await forceWayIn({ ...parts, changes }, email, disable) : [];
    for (const step of done) process.stdout.write(`Forced: ${step}.\n`);
    const { href, until, name } = await recoveryLink(parts, email);
    process.stdout.write(
      `Opens the admin pages for ${name}, once, until ${until.toISOString().slice(11, 19)} UTC:\n\n  ${href}\n\n`,
    );
  } finally {
    await catalog.close();
    await dataSource.destroy();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function asked(): { email: string; force: boolean; disable: string[] } {
  try {
    const { values } = parseArgs({
      options: {
        admin: { type: 'string', default: '' },
        force: { type: 'boolean', default: false },
        disable: { type: 'string', multiple: true, default: [] },
      },
    });
    const { admin: email, force, disable } = values;
    // What takes away a way in is never done by half a command.
    if (email !== '' && (force || disable.length === 0)) return { email, force, disable };
  } catch {
    // Anything else that was typed: told how it is typed.
  }
  throw new ConfigError([USAGE]);
}
