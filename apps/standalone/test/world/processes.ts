import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { migrate } from '@passbroker/catalog';
import { createLogger, type EmbeddedRedis } from '@passbroker/platform';
import {
  Browser,
  findServer,
  freePort,
  startEdge,
  startEmbeddedPostgresForTest,
  startEmbeddedRedisForTest,
  startFaultProxy,
  startRealPostgres,
  startRealRedis,
  type FaultProxy,
} from '@passbroker/testing';
import { ADMIN_TOKEN, type Broker } from './broker.js';

const ROOT = join(import.meta.dirname, '../../../..');
const SERVICES = ['gateway', 'minter', 'admin'] as const;
type Service = (typeof SERVICES)[number];

/** Each service's own secret, so that a test can look for it where it must not be. */
export const serviceSecretOf = (service: Service): string => `canary-service-secret-of-${service}-0123456789abcdef`;

export interface Processes extends Broker {
  /** Straight to a service, past the edge. */
  doors: Record<Service, URL>;
  pids: Record<Service, number>;
  redis: EmbeddedRedis;
  redisRoad: FaultProxy;
  databaseRoad: FaultProxy;
  /** Services that ended unasked, which a promise nobody caught makes them do. */
  ended: string[];
  ready(service: Service): Promise<{ status: number; text: string }>;
}

/** The three services as an operator runs them: compiled, a process each, on stores that can be taken away. */
export async function startProcesses(env: Record<string, string> = {}): Promise<Processes> {
  const closing: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    return await start(env, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  env: Record<string, string>,
  closing: (() => unknown)[],
  close: () => Promise<void>,
): Promise<Processes> {
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-processes-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await (findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest());
  closing.push(() => redis.stop());
  const postgres = await (findServer('postgres') ? startRealPostgres() : startEmbeddedPostgresForTest());
  closing.push(() => postgres.stop());
  const redisRoad = await startFaultProxy(redis.url);
  closing.push(() => redisRoad.close());
  const databaseRoad = await startFaultProxy(postgres.url);
  closing.push(() => databaseRoad.close());

  const [edgePort = 0, ...ports] = await freePorts(7);
  const origin = `http://localhost:${edgePort}`;
  await migrate({ url: postgres.url, publicUrl: origin, log: createLogger('migrate', 'silent') });

  const log: string[] = [];
  const ended: string[] = [];
  const portOf = (service: Service, which: 0 | 1): number => ports[2 * SERVICES.indexOf(service) + which] ?? 0;
  const children = new Map<Service, ChildProcess>();
  for (const service of SERVICES) {
    const child = spawn(process.execPath, [join(ROOT, `dist/apps/${service}/src/main.js`)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        PUBLIC_URL: origin,
        DATA_DIR: folder,
        DATABASE_URL: databaseRoad.url,
        REDIS_URL: redisRoad.url,
        LOG_LEVEL: 'trace',
        SERVICE_SECRET: serviceSecretOf(service),
        [`${service.toUpperCase()}_PORT`]: String(portOf(service, 0)),
        MANAGEMENT_PORT: String(portOf(service, 1)),
        ...(service === 'admin' && { ADMIN_TOKEN, ADMIN_PASSWORD: 'canary-admin-password-42' }),
        ...env,
      },
    });
    let stopping = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    }
    child.once('exit', (code, signal) => {
      if (!stopping) ended.push(`${service}: ${code ?? signal}`);
    });
    children.set(service, child);
    closing.push(async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
  }
  const ready = async (service: Service) => {
    const answer = await fetch(`http://127.0.0.1:${portOf(service, 1)}/health/ready`);
    return { status: answer.status, text: await answer.text() };
  };
  for (const service of SERVICES) await until(async () => (await ready(service)).status === 200, ended, log);
  const doorOf = (service: Service): URL => new URL(`http://127.0.0.1:${portOf(service, 0)}`);
  const edge = await startEdge({
    port: edgePort,
    gateways: [doorOf('gateway').origin],
    minters: [doorOf('minter').origin],
  });
  closing.push(() => edge.close());
  // Every service has heard of every other one, as it has a second after a deployment.
  await wait(1_200);

  const pidOf = (service: Service): number => children.get(service)?.pid ?? 0;
  const of = <T>(get: (service: Service) => T): Record<Service, T> => ({
    gateway: get('gateway'),
    minter: get('minter'),
    admin: get('admin'),
  });
  return {
    origin,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    log,
    doors: of(doorOf),
    pids: of(pidOf),
    redis,
    redisRoad,
    databaseRoad,
    ended,
    ready,
    browser: () => new Browser(origin),
    api: async (method, path, body) => {
      const url = new URL(path, doorOf('admin'));
      const headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` };
      if (method !== 'GET' && method !== 'POST') {
        headers['if-match'] = (await fetch(url, { headers })).headers.get('etag') ?? '*';
      }
      if (body !== undefined) {
        headers['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      }
      const answer = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    },
    close,
  };
}

/** What runs is what is in the sources now; nothing is done when it was compiled already. */
async function build(): Promise<void> {
  const script = `import('./bin/build.mjs').then(({ ensureBuilt }) => ensureBuilt())`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the build failed: ${said}`);
}

async function until(done: () => Promise<boolean>, ended: readonly string[], log: readonly string[]): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    if (ended.length > 0) throw new Error(`${ended.join(', ')}\n${log.join('')}`);
    if (await done().catch(() => false)) return;
    await wait(100);
  }
  throw new Error(`not ready:\n${log.join('')}`);
}

async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
