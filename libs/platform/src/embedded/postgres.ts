import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '../log.js';
import { freePort } from './free-port.js';
import { carriedPostgres, postgresVersion, runnableBy } from './postgres-binaries.js';
import { DATABASE, ensureCluster, evictPredecessor, ROLE } from './postgres-cluster.js';
import { openPostgresHome } from './postgres-home.js';
import { supervise } from './supervise.js';
import { runServer } from './tied-process.js';

export interface EmbeddedPostgres {
  url: string;
  /** The server's process, for tests that take it away. */
  pid(): number;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log: Logger;
  /** The folder `bin` of another Postgres than the carried one. */
  bin?: string;
  /** False for tests only: twice as fast, and gone with the machine. */
  durable?: boolean;
}

/**
 * A real Postgres, for one machine: made on the first start, kept in DATA_DIR, on loopback behind a password.
 *
 *   home (whose, where) → binaries (runnable by whom) → cluster (made once) → predecessor (gone) → server, supervised
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, durable = true } = options;
  const home = await openPostgresHome(dataDir);
  const bin = await runnableBy(home.account, options.bin ?? carriedPostgres(), home.folder);
  const { major } = await postgresVersion(bin);
  await ensureCluster(home, bin, major, durable);

  let port = await freePort(Number(await readFile(home.portFile, 'utf8').catch(() => '0')));
  let first = true;
  const launch = async () => {
    await evictPredecessor(home);
    await writeFile(home.startedByFile, String(process.pid));
    if (first) port = await freePort(port);
    const running = await runServer({
      name: 'postgres',
      command: join(bin, 'postgres'),
      args: ['-D', join(home.folder, 'data'), ...settings(port, durable)],
      stopSignal: 'SIGINT', // "Fast": clients are disconnected, everything is written.
      ready: /database system is ready to accept connections/,
      onLine: (line) => log[/ (FATAL|PANIC): /.test(line) ? 'warn' : 'debug']({ server: 'postgres' }, line),
      account: home.account,
    });
    first = false;
    return running;
  };
  const server = await supervise('postgres', log, launch);
  await writeFile(home.portFile, String(port));
  log.info({ port, folder: home.folder }, 'embedded Postgres');
  return {
    url: `postgres://${ROLE}:${home.password}@127.0.0.1:${port}/${DATABASE}`,
    pid: () => server.pid(),
    stop: () => server.stop(),
  };
}

function settings(port: number, durable: boolean): string[] {
  const chosen: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // A socket's path may have 107 letters, DATA_DIR more.
    max_connections: '100',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_destination: 'stderr',
    logging_collector: 'off',
    // Statements and details quote values, and values are people's data.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
