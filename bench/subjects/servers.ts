import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Redis } from 'ioredis';

import type * as Platform from '../../libs/platform/src/index.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const dist = (path: string): string => join(root, 'dist', path);

/** The product as it is built. */
export const platform = async (): Promise<typeof Platform> =>
  (await import(dist('libs/platform/src/index.js'))) as typeof Platform;

const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface Program {
  pid: number;
  /** Until the first line that matches, from the moment it was spawned. */
  readyMs: number;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  args: string[];
  env: Record<string, string>;
  /** The line, on either output, or the address that answers 200, or a good end. */
  ready: RegExp | URL | 'exit';
  message?: object;
  /** Node's own options, such as --cpu-prof. */
  nodeArgs?: string[];
  /** Every byte it prints. */
  onOutput?: (text: string) => void;
}

/** A Node process of ours, known by its pid alone from then on. */
export async function startProgram({
  name,
  args,
  env,
  ready,
  message,
  nodeArgs = [],
  onOutput,
}: ProgramOptions): Promise<Program> {
  const since = process.hrtime.bigint();
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: message ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  let said = '';
  let isReady = false;
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} was not ready within 60 s:\n${said}`)), 60_000);
    const go = (): void => {
      isReady = true;
      clearTimeout(late);
      resolve();
    };
    const hear = (piece: Buffer): void => {
      onOutput?.(piece.toString());
      if (isReady) return;
      said = (said + piece.toString()).slice(-8_000);
      if (ready instanceof RegExp && ready.test(said)) go();
    };
    if (ready instanceof URL) {
      const look = (): void => {
        fetch(ready).then(
          (answer) => (answer.ok ? go() : void setTimeout(look, 50)),
          () => void setTimeout(look, 50),
        );
      };
      look();
    }
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => {
      if (ready === 'exit' && code === 0) go();
      else reject(new Error(`${name} ended with ${String(code)}:\n${said}`));
    });
    child.on('message', () => hear(Buffer.from('passbroker-bench ready')));
    if (message) child.send(message);
  });
  const readyMs = Number(process.hrtime.bigint() - since) / 1e6;
  return {
    pid: child.pid ?? 0,
    readyMs,
    stop: () =>
      new Promise((resolve) => {
        started.delete(child);
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const impatient = setTimeout(() => child.kill('SIGKILL'), 10_000);
        child.once('exit', () => {
          clearTimeout(impatient);
          resolve();
        });
        child.kill('SIGTERM');
      }),
  };
}

export interface RedisServer {
  url: string;
  kind: string;
  version: string;
  pid: number;
  commands: () => Promise<number>;
  stop(): Promise<void>;
}

/** A Redis of its own for each side: native if there is one, else the carried one, and the report says which. */
export async function startRedis(): Promise<RedisServer> {
  const { createLogger, startEmbeddedRedis } = await platform();
  const server = await startEmbeddedRedis({ log: createLogger('bench', 'silent'), maxMemory: '1gb' });
  const client = new Redis(server.url);
  return {
    url: server.url,
    kind: server.kind,
    version: /(?:valkey|redis)_version:(\S+)/.exec(await client.info('server'))?.[1] ?? '?',
    pid: server.pid(),
    commands: async () => {
      const lines = await client.info('commandstats');
      return [...lines.matchAll(/^cmdstat_(?!info)[^:]+:calls=(\d+)/gm)].reduce(
        (sum, [, calls]) => sum + Number(calls),
        0,
      );
    },
    stop: async () => {
      client.disconnect();
      await server.stop();
    },
  };
}

export interface PostgresServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const { createLogger, startEmbeddedPostgres } = await platform();
  const dataDir = await temporaryFolder('postgres');
  const server = await startEmbeddedPostgres({ dataDir, log: createLogger('bench', 'silent'), durable: false });
  return {
    url: server.url,
    pid: server.pid(),
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export const temporaryFolder = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `passbroker-bench-${name}-`));
