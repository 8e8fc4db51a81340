import { join } from 'node:path';
import { ConfigError, startEmbeddedPostgres, startEmbeddedRedis, type Logger } from '@passbroker/platform';
import type { StandaloneConfig } from './standalone.config.js';

export interface Stores {
  databaseUrl: string;
  redisUrl: string;
  /** Of the Postgres that only we use, if we have one. */
  embeddedPostgres: string | undefined;
  close(): Promise<void>;
}

/** The configured Postgres and Redis, or embedded ones: side by side, for they are most of a first start. */
export async function openStores(config: StandaloneConfig, log: Logger): Promise<Stores> {
  const { DATABASE_URL, REDIS_URL, EMBEDDED_SERVERS, NODE_ENV, DATA_DIR } = config;
  const allowed = EMBEDDED_SERVERS === 'always' || (EMBEDDED_SERVERS === 'auto' && NODE_ENV !== 'production');
  const missing = Object.entries({ DATABASE_URL, REDIS_URL }).filter(([, url]) => url === undefined);
  if (!allowed && missing.length > 0) {
    throw new ConfigError(missing.map(([name]) => `${name} is missing, and embedded servers are not allowed here`));
  }
  const [postgres, redis] = await Promise.all([
    DATABASE_URL ?? startEmbeddedPostgres({ dataDir: join(DATA_DIR, 'postgres'), log }),
    REDIS_URL ?? startEmbeddedRedis({ log }),
  ]);
  return {
    databaseUrl: typeof postgres === 'string' ? postgres : postgres.url,
    redisUrl: typeof redis === 'string' ? redis : redis.url,
    embeddedPostgres: typeof postgres === 'string' ? undefined : postgres.url,
    close: async () => {
      if (typeof redis !== 'string') await redis.stop();
      if (typeof postgres !== 'string') await postgres.stop();
    },
  };
}
