import { join, resolve } from 'node:path';
import { CachedCatalog, openDatabase, PostgresCatalogWriter, PostgresRecoveryLinks } from '@passbroker/catalog';
import {
  commonConfig,
  ConfigError,
  createLogger,
  parseConfig,
  runningPostgres,
  systemClock,
} from '@passbroker/platform';
import { PostgresAuditEvents } from './audit-events/audit-events.postgres.js';
import { recoveryLink } from './recovery-link.js';

const USAGE = 'Usage: passbroker recover --admin EMAIL';

/**
 * `passbroker recover --admin EMAIL`: prints a link that lets this admin in once, whatever is broken. It needs the
 * database and nothing else: no Redis, no usersource, no running broker but the gateway that takes the link.
 */
try {
  const [flag, email, ...more] = process.argv.slice(2);
  if (flag !== '--admin' || !email || more.length > 0) throw new ConfigError([USAGE]);
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
