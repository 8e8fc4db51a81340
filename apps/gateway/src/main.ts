import { AuditTrail, News, SignatureBook } from '@passbroker/bus';
import { CachedCatalog, openDatabase, PostgresAccounts, publishServiceKeys } from '@passbroker/catalog';
import {
  connectBlockingRedis,
  connectRedis,
  createFront,
  createLogger,
  createSafeFetch,
  listen,
  parseConfig,
  ServiceIdentity,
  serviceSecret,
  startManagement,
  systemClock,
  trustedProxies,
} from '@passbroker/platform';
import { composeGateway } from './compose.js';
import { gatewayConfig } from './gateway.config.js';

const config = parseConfig(gatewayConfig, process.env);
const production = config.NODE_ENV === 'production';
const log = createLogger('gateway', config.LOG_LEVEL);
const now = systemClock;
if (!config.REDIS_URL || !config.DATABASE_URL) throw new Error('REDIS_URL and DATABASE_URL are missing');

const identity = new ServiceIdentity(
  'gateway',
  serviceSecret('gateway', config.SERVICE_SECRET, config.DATA_DIR, production),
);
const redis = connectRedis(config.REDIS_URL, log, 'gateway');
const subscriber = connectBlockingRedis(config.REDIS_URL, log, 'gateway-news');
const dataSource = await openDatabase({ url: config.DATABASE_URL, service: 'gateway', log });
const catalog = new CachedCatalog({ dataSource, service: 'gateway', log, clock: now });
const signatures = new SignatureBook((service) => catalog.serviceKeys(service));
const news = new News({ redis, subscriber, identity, check: signatures.check, now, log });
const audit = new AuditTrail({ redis, now, log });

catalog.onChange((change) => {
  if (change.kind === 'service_key') void signatures.refresh().catch(() => undefined);
});
news.onChange((change) => catalog.heard(change));
await publishServiceKeys(dataSource, identity.publicKeys, (change) => void news.announce(change));
await signatures.refresh();
await news.start();

const accounts = new PostgresAccounts(dataSource, (change) => {
  catalog.heard(change);
  void news.announce(change);
});
let ready = async (): Promise<Record<string, string>> => ({ gateway: 'starting' });
const management = await startManagement({
  port: config.MANAGEMENT_PORT,
  host: config.BIND_ADDRESS,
  service: 'gateway',
  ready: () => ready(),
});
const gateway = await composeGateway({
  config,
  now,
  log,
  redis,
  identity,
  check: signatures.check,
  catalog,
  accounts,
  audit,
  fetch: createSafeFetch({ allowPrivate: !production }),
  metrics: management.metrics,
});
ready = () => gateway.ready();

const front = createFront(gateway.handler, trustedProxies(config.TRUSTED_PROXIES));
const port = await listen(front.server, config.GATEWAY_PORT, config.BIND_ADDRESS);
log.info({ port, management: management.port }, 'gateway ready');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void (async () => {
      await front.drain();
      await gateway.close();
      await audit.flush();
      await management.close();
      await catalog.close();
      await dataSource.destroy();
      redis.disconnect();
      subscriber.disconnect();
      process.exit(0);
    })();
  });
}
