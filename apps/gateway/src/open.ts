import type { Registry } from 'prom-client';
import { openBus } from '@passbroker/bus';
import {
  CachedCatalog,
  openDatabase,
  PostgresAccounts,
  PostgresSecondFactors,
  PostgresLocalAccounts,
  PostgresPendingChanges,
  PostgresKeptPasswords,
  PostgresRecoveryLinks,
  publishServiceKeys,
} from '@passbroker/catalog';
import {
  breachedIn,
  createSafeFetch,
  mayReach,
  ServiceIdentity,
  serviceSecret,
  storesOf,
  systemClock,
  type Logger,
  type OpenService,
} from '@passbroker/platform';
import { composeGateway } from './compose.js';
import type { GatewayConfig } from './gateway.config.js';
import { openMailer } from './mail/open-mailer.js';

/** The gateway on its real stores. */
export async function openGateway(
  config: GatewayConfig,
  log: Logger,
  metrics: Registry,
  { fetch }: { fetch?: typeof globalThis.fetch } = {},
): Promise<OpenService> {
  const { databaseUrl, redisUrl } = storesOf(config);
  const now = systemClock;
  const production = config.NODE_ENV === 'production';
  const allowPrivate = config.ALLOW_PRIVATE_ADDRESSES ?? !production;
  const secret = serviceSecret('gateway', config.SERVICE_SECRET, config.DATA_DIR, production);
  const identity = new ServiceIdentity('gateway', secret);
  const dataSource = await openDatabase({ url: databaseUrl, service: 'gateway', log });
  const catalog = new CachedCatalog({ dataSource, service: 'gateway', log });
  const bus = await openBus({ redisUrl, identity, catalog, now, log });
  await publishServiceKeys(dataSource, identity.publicKeys, bus.announce);
  const gateway = await composeGateway({
    config,
    now,
    log,
    identity,
    catalog,
    metrics,
    redis: bus.redis,
    check: bus.book.check,
    audit: bus.audit,
    accounts: new PostgresAccounts(dataSource, bus.announce),
    secondFactors: new PostgresSecondFactors(dataSource),
    localAccounts: new PostgresLocalAccounts(dataSource, bus.announce),
    confirmations: new PostgresPendingChanges(dataSource, bus.announce),
    keptPasswords: new PostgresKeptPasswords(dataSource),
    recoveryLinks: new PostgresRecoveryLinks(dataSource),
    mailer: openMailer(config, now, log),
    ...(config.BREACHED_PASSWORDS_DIR !== undefined && { breached: breachedIn(config.BREACHED_PASSWORDS_DIR) }),
    fetch: fetch ?? createSafeFetch({ allowPrivate }),
    mayReach: mayReach({ allowLoopback: allowPrivate }),
  });
  bus.answer('admin', gateway.questions);
  return {
    handler: gateway.handler,
    ready: () => gateway.ready(),
    close: async () => {
      await gateway.close();
      await bus.close();
      await catalog.close();
      await dataSource.destroy();
    },
  };
}
