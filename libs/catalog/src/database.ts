import { DataSource, type Logger as TypeormLogger, type MigrationInterface } from 'typeorm';
import type { Logger, ServiceName } from '@passbroker/platform';

export interface DatabaseOptions {
  url: string;
  /** `owner` keeps the login's own rights: for migrations. */
  service: ServiceName | 'owner';
  poolSize?: number;
  log: Logger;
  /** Only for `owner`. */
  migrations?: (new () => MigrationInterface)[];
}

export const roleOf = (service: ServiceName): string => `passbroker_${service}`;

/** Counts statements, so that a test can hold a lookup to exactly one. Never prints parameters: they hold hashes. */
class StatementCount implements TypeormLogger {
  statements = 0;

  constructor(private readonly logger: Logger) {}

  logQuery(): void {
    this.statements += 1;
  }

  // The thrown error says it, translated; here it would come with its parameters.
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}

  logMigration(message: string): void {
    this.logger.debug({ migration: message }, 'database migration');
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn({ detail: String(message) }, 'database');
  }
}

const counts = new WeakMap<DataSource, StatementCount>();

/** Statements this process has sent through this DataSource. */
export const statementCount = (dataSource: DataSource): number => counts.get(dataSource)?.statements ?? 0;

/**
 * Start-up parameters of every connection. The role is among them, so that no statement ever runs with the
 * login's own rights. `options` the operator put into the URL are kept, ours come last and win.
 */
function startupOptions(url: URL, service: DatabaseOptions['service']): string {
  const own = url.searchParams.get('options') ?? '';
  url.searchParams.delete('options');
  const ours =
    service === 'owner'
      ? []
      : [`role=${roleOf(service)}`, 'statement_timeout=2500ms', 'idle_in_transaction_session_timeout=30s'];
  return [own, ...ours.map((setting) => `-c ${setting}`)].join(' ').trim();
}

/** Opens a pool for one service. Rejects when Postgres is not there: whether to wait is the caller's to say. */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const { service, log, migrations = [] } = options;
  const url = new URL(options.url);
  const startup = startupOptions(url, service);
  const count = new StatementCount(log);
  const dataSource = new DataSource({
    type: 'postgres',
    url: url.href,
    schema: 'catalog',
    entities: [],
    migrations,
    migrationsTableName: 'migrations',
    installExtensions: false,
    logger: count,
    logging: true,
    poolSize: options.poolSize ?? 10,
    applicationName: `passbroker-${service}`,
    connectTimeoutMS: 2_000,
    extra: {
      options: startup,
      // A Postgres that is stopped, not dead, keeps its sockets open and answers nothing: only our own clock tells.
      ...(service === 'owner' ? {} : { query_timeout: 3_000 }),
      idleTimeoutMillis: 30_000,
    },
  });
  counts.set(dataSource, count);
  return dataSource.initialize();
}
