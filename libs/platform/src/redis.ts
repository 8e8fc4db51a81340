import { Redis } from 'ioredis';
import type { Logger } from './log.js';

export type { Redis } from 'ioredis';

/**
 * One connection for commands. A command fails within two seconds rather than hanging a sign-in: a Redis
 * that is stopped, not dead, still accepts TCP, and only a command time-out notices.
 */
export function connectRedis(url: string, log: Logger, name: string): Redis {
  const redis = new Redis(url, {
    connectionName: `passbroker-${name}`,
    commandTimeout: 2_000,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    noDelay: true,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on('error', (error: Error) => log.warn({ err: error.message }, 'redis connection'));
  return redis;
}

/** A connection that may block (XREADGROUP) or subscribe: no command time-out, retries for ever. */
export function connectBlockingRedis(url: string, log: Logger, name: string): Redis {
  const redis = new Redis(url, {
    connectionName: `passbroker-${name}`,
    connectTimeout: 2_000,
    maxRetriesPerRequest: null,
    noDelay: true,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on('error', (error: Error) => log.warn({ err: error.message }, 'redis connection'));
  return redis;
}

/**
 * A Redis that evicts forgets which messages were used: a replay would be let in (BUS-014).
 * @throws Error when it is set to evict. One that does not say (managed services forbid CONFIG) is believed, with a
 *   warning.
 */
export async function demandNoEviction(redis: Redis, log: Logger): Promise<void> {
  const answer: unknown = await redis.config('GET', 'maxmemory-policy').catch(() => undefined);
  const policy: unknown = Array.isArray(answer) ? answer[1] : undefined;
  if (typeof policy !== 'string') {
    log.warn('redis does not say whether it evicts: set maxmemory-policy to noeviction');
  } else if (policy !== 'noeviction') {
    throw new Error(`redis has maxmemory-policy ${policy}: set it to noeviction, or used sign-ins are forgotten`);
  }
}
