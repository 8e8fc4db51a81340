import { openBus } from '@passbroker/bus';
import { CachedCatalog, openDatabase, PostgresCatalogWriter, publishServiceKeys } from '@passbroker/catalog';
import {
  ConfigError,
  createFront,
  createLogger,
  listen,
  parseConfig,
  ServiceIdentity,
  serviceSecret,
  startManagement,
  systemClock,
  trustedProxies,
} from '@passbroker/platform';
import { adminConfig, firstKeys, type AdminConfig } from './admin.config.js';
import { composeAdmin, postgresStores } from './compose.js';
import { ensureFirstAdmin } from './first-admin.js';

async function main(config: AdminConfig): Promise<void> {
  const { DATABASE_URL, REDIS_URL, DATA_DIR } = config;
  const missing = Object.entries({ DATABASE_URL, REDIS_URL }).flatMap(([name, value]) =>
    value === undefined ? [`${name} is missing`] : [],
  );
  if (DATABASE_URL === undefined || REDIS_URL === undefined) throw new ConfigError(missing);
  const log = createLogger('admin', config.LOG_LEVEL);
  const production = config.NODE_ENV === 'production';
  const identity = new ServiceIdentity('admin', serviceSecret('admin', config.SERVICE_SECRET, DATA_DIR, production));
  const keys = firstKeys(config, (file) => log.info({ file }, `generated ${file} in DATA_DIR`));

  const dataSource = await openDatabase({ url: DATABASE_URL, service: 'admin', log });
  const catalog = new CachedCatalog({ dataSource, service: 'admin', log });
  const keysOf = catalog.serviceKeys.bind(catalog);
  const bus = await openBus({ redisUrl: REDIS_URL, identity, keys: keysOf, now: systemClock, log });
  // Also found by the catalog's own look at the change log: news of a service we do not know yet are refused.
  catalog.onChange(({ kind }) => {
    if (kind === 'service_key') void bus.book.refresh();
  });
  const announce = (change: Parameters<typeof bus.news.announce>[0]) => void bus.news.announce(change);
  const writer = new PostgresCatalogWriter(dataSource, announce);
  const stores = postgresStores(dataSource);
  bus.news.onChange((change) => catalog.heard(change));
  await publishServiceKeys(dataSource, identity.publicKeys, announce);
  await ensureFirstAdmin({ writer, turns: stores.turns, password: keys.password, log });
  bus.storeAudit((events) => stores.auditEvents.store(events));

  const trusted = trustedProxies(config.TRUSTED_PROXIES);
  const admin = await composeAdmin({
    ...{ now: systemClock, log, identity, catalog, writer, stores, trusted },
    ...{ audit: bus.audit, questions: bus.questions, bootstrapToken: keys.token, ping: () => bus.redis.ping() },
  });
  const management = await startManagement({
    ...{ port: config.MANAGEMENT_PORT, host: config.BIND_ADDRESS, service: 'admin', ready: () => admin.ready() },
  });
  const front = createFront(admin.handler, trusted);
  const port = await listen(front.server, config.ADMIN_PORT, config.BIND_ADDRESS);
  log.info({ port }, 'admin API ready');

  const end = async () => {
    await front.drain();
    await admin.close();
    await bus.close();
    await catalog.close();
    await dataSource.destroy();
    await management.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
}

try {
  await main(parseConfig(adminConfig, process.env));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
