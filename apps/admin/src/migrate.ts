import { migrate } from '@passbroker/catalog';
import { commonConfig, ConfigError, createLogger, parseConfig } from '@passbroker/platform';

/** `passbroker migrate`: brings the database up to date with a login that owns it, and ends. */
try {
  const { DATABASE_URL, PUBLIC_URL, LOG_LEVEL } = parseConfig(commonConfig, process.env);
  if (DATABASE_URL === undefined) throw new ConfigError(['DATABASE_URL is missing']);
  const log = createLogger('migrate', LOG_LEVEL);
  await migrate({ url: DATABASE_URL, publicUrl: PUBLIC_URL, log });
  log.info('database is up to date');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
