import { openBus } from '@passbroker/bus';
import { CachedCatalog, openDatabase, PostgresCatalogWriter, publishServiceKeys } from '@passbroker/catalog';
import {
  ServiceIdentity,
  serviceSecret,
  storesOf,
  systemClock,
  trustedProxies,
  type Logger,
  type OpenService,
} from '@passbroker/platform';
import { firstKeys, type AdminConfig } from './admin.config.js';
import { composeAdmin, postgresStores } from './compose.js';
import { txtRecords } from './domains/txt-records.js';
import { readHealth } from './usersources/known-health.js';
import { AuditRetention } from './audit-events/audit-retention.js';
import { ensureFirstAdmin } from './first-admin.js';

export interface OpenAdmin extends OpenService {
  writer: PostgresCatalogWriter;
  catalog: CachedCatalog;
  /** What this start generated in DATA_DIR, to be shown once. */
  generated: { file: string; value: string }[];
}

const SWEEP_MS = 5_000;
const RETENTION_MS = 3_600_000;

/** The admin API on its real stores. */
export async function openAdmin(config: AdminConfig, log: Logger): Promise<OpenAdmin> {
  const { databaseUrl, redisUrl } = storesOf(config);
  const now = systemClock;
  const secret = serviceSecret('admin', config.SERVICE_SECRET, config.DATA_DIR, config.NODE_ENV === 'production');
  const identity = new ServiceIdentity('admin', secret);
  const generated: OpenAdmin['generated'] = [];
  const keys = firstKeys(config, (file, value) => generated.push({ file, value }));
  const dataSource = await openDatabase({ url: databaseUrl, service: 'admin', log });
  const catalog = new CachedCatalog({ dataSource, service: 'admin', log });
  const bus = await openBus({ redisUrl, identity, catalog, now, log });
  const writer = new PostgresCatalogWriter(dataSource, bus.announce);
  const stores = postgresStores(dataSource, bus.announce);
  await publishServiceKeys(dataSource, identity.publicKeys, bus.announce);
  await ensureFirstAdmin({ writer, turns: stores.turns, password: keys.password, log });
  bus.storeAudit((events) => stores.auditEvents.store(events));
  const admin = await composeAdmin({
    now,
    log,
    identity,
    catalog,
    writer,
    stores,
    trusted: trustedProxies(config.TRUSTED_PROXIES),
    audit: bus.audit,
    questions: bus.questions,
    txtRecords: txtRecords(config.DNS_SERVERS),
    health: (usersource) => readHealth(bus.redis, usersource),
    bootstrapToken: keys.token,
    ping: () => bus.redis.ping(),
  });
  const sweeping = setInterval(() => {
    admin.sweep().catch((error: unknown) => log.error({ err: String(error) }, 'changes could not be looked at'));
  }, SWEEP_MS).unref();
  const { auditEvents: events } = stores;
  const retention = new AuditRetention({ events, days: config.AUDIT_RETENTION_DAYS, audit: bus.audit, log });
  const prune = (): void =>
    void retention.run().catch((error: unknown) => log.error({ err: String(error) }, 'old audit events not deleted'));
  prune();
  const pruning = setInterval(prune, RETENTION_MS).unref();
  return {
    handler: admin.handler,
    ready: () => admin.ready(),
    close: async () => {
      clearInterval(sweeping);
      clearInterval(pruning);
      await admin.close();
      await bus.close();
      await catalog.close();
      await dataSource.destroy();
    },
    writer,
    catalog,
    generated,
  };
}
