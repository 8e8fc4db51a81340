import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createLogger,
  startEmbeddedPostgres,
  startEmbeddedRedis,
  type EmbeddedPostgres,
  type EmbeddedRedis,
} from '@passbroker/platform';

import { requireServer } from './find-server.js';

const log = createLogger('server', 'silent');

/**
 * Servers for one suite, each with its own port, password and folder. All of them end with the process that
 * started them, also when it is killed; `stop` is for those who want to be tidy earlier.
 */
export const startEmbeddedRedisForTest = (): Promise<EmbeddedRedis> => startEmbeddedRedis({ log, path: '' });

/** @throws when none is installed. */
export function startRealRedis(): Promise<EmbeddedRedis> {
  requireServer('redis');
  return startEmbeddedRedis({ log });
}

export const startEmbeddedPostgresForTest = (): Promise<EmbeddedPostgres> => startPostgres();

/** Debian's own Postgres, in a folder of ours. @throws when none is installed. */
export const startRealPostgres = async (): Promise<EmbeddedPostgres> => startPostgres(requireServer('postgres'));

async function startPostgres(bin?: string): Promise<EmbeddedPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'passbroker-postgres-'));
  await chmod(dataDir, 0o711); // As root, Postgres is somebody else and has to walk through.
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false, ...(bin ? { bin } : {}) });
  return {
    ...postgres,
    stop: async () => {
      await postgres.stop();
      process.off('exit', remove);
      remove();
    },
  };
}
