import { openBus } from '@passbroker/bus';
import { CachedCatalog, openDatabase, PostgresTokenKeyStore, publishServiceKeys } from '@passbroker/catalog';
import {
  createSafeFetch,
  ServiceIdentity,
  serviceSecret,
  storesOf,
  systemClock,
  type Logger,
  type OpenService,
} from '@passbroker/platform';
import { composeMinter } from './compose.js';
import type { MinterConfig } from './minter.config.js';

/** An application that does not answer must not hold up a sign-out, or its own sign-in, for longer. */
const FETCH_MS = 2_500;

/** The minter on its real stores. */
export async function openMinter(config: MinterConfig, log: Logger): Promise<OpenService> {
  const { databaseUrl, redisUrl } = storesOf(config);
  const now = systemClock;
  const production = config.NODE_ENV === 'production';
  const secret = serviceSecret('minter', config.SERVICE_SECRET, config.DATA_DIR, production);
  const identity = new ServiceIdentity('minter', secret);
  const dataSource = await openDatabase({ url: databaseUrl, service: 'minter', log });
  const catalog = new CachedCatalog({ dataSource, service: 'minter', log });
  const bus = await openBus({ redisUrl, identity, catalog, now, log });
  await publishServiceKeys(dataSource, identity.publicKeys, bus.announce);
  const minter = await composeMinter({
    now,
    log,
    identity,
    catalog,
    redis: bus.redis,
    check: bus.book.check,
    audit: bus.audit,
    keyStore: new PostgresTokenKeyStore(dataSource, bus.announce),
    fetch: createSafeFetch({ allowPrivate: config.ALLOW_PRIVATE_ADDRESSES ?? !production, timeoutMs: FETCH_MS }),
  });
  bus.answer('admin', minter.questions);
  bus.tellOfEnded(minter.sessionEnded);
  return {
    handler: minter.handler,
    ready: () => minter.ready(),
    close: async () => {
      await minter.close();
      await bus.close();
      await catalog.close();
      await dataSource.destroy();
    },
  };
}
