import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@passbroker/catalog';
import {
  createFront,
  createLogger,
  createMetrics,
  listen,
  trustedProxies,
  type Front,
  type OpenService,
} from '@passbroker/platform';
import {
  Browser,
  findServer,
  freePort,
  startEdge,
  startEmbeddedPostgresForTest,
  startEmbeddedRedisForTest,
  startRealPostgres,
  startRealRedis,
  type Edge,
} from '@passbroker/testing';
import { openAdmin } from '../../../admin/src/open.js';
import { openGateway } from '../../../gateway/src/open.js';
import { openMinter } from '../../../minter/src/open.js';
import { standaloneConfig, type StandaloneConfig } from '../../src/standalone.config.js';

export const ADMIN_TOKEN = 'canary-admin-token-0123456789abcdef';

export interface Broker {
  origin: string;
  redisUrl: string;
  databaseUrl: string;
  /** Everything that was logged. */
  log: string[];
  browser(): Browser;
  /** The admin API; throws unless the answer is a success. */
  api(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  gateways?: number;
  minters?: number;
  /** Put between the services and Redis, for example a proxy that is slow or counts. */
  redisThrough?: (url: string) => Promise<{ url: string; close(): Promise<void> }>;
  /** The same for Postgres. */
  databaseThrough?: (url: string) => Promise<{ url: string; close(): Promise<void> }>;
  /** Whom the admin API asks whose a domain is. */
  nameServer?: string;
  /** How gateways ask upstreams, instead of as in development, where private networks are allowed. */
  fetch?: typeof globalThis.fetch;
}

/** The deployment of the documents in one test process: replicas behind an edge, on Debian's servers or embedded ones. */
export async function startBroker({
  gateways = 2,
  minters = 2,
  redisThrough,
  databaseThrough,
  nameServer = '',
  fetch: gatewayFetch,
}: BrokerOptions = {}): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-broker-'));
  const closing: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const log: string[] = [];
  const [redis, postgres] = await Promise.all([
    findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest(),
    findServer('postgres') ? startRealPostgres() : startEmbeddedPostgresForTest(),
  ]);
  closing.push(
    () => redis.stop(),
    () => postgres.stop(),
  );
  const [redisRoad, databaseRoad] = await Promise.all([redisThrough?.(redis.url), databaseThrough?.(postgres.url)]);
  for (const road of [redisRoad, databaseRoad]) if (road) closing.push(() => road.close());

  const port = await freePort();
  const config: StandaloneConfig = standaloneConfig.parse({
    NODE_ENV: 'test',
    PUBLIC_URL: `http://localhost:${port}`,
    DATA_DIR: folder,
    ADMIN_TOKEN,
    TRUSTED_PROXIES: '127.0.0.1/32',
    LOG_LEVEL: 'debug',
    DNS_SERVERS: nameServer,
  });
  const own = {
    ...config,
    DATABASE_URL: databaseRoad?.url ?? postgres.url,
    REDIS_URL: redisRoad?.url ?? redis.url,
    SERVICE_SECRET: undefined,
    MINTER_PORT: 0,
  };
  const logger = (service: string) =>
    createLogger(service, config.LOG_LEVEL, {
      write: (line) => {
        log.push(line);
      },
    });
  await migrate({ url: postgres.url, publicUrl: config.PUBLIC_URL, log: logger('migrate') });

  const serve = async (service: OpenService): Promise<string> => {
    const front: Front = createFront(service.handler, trustedProxies(config.TRUSTED_PROXIES));
    const bound = await listen(front.server, 0, '127.0.0.1');
    closing.push(async () => {
      await front.drain(500);
      await service.close();
    });
    return `http://127.0.0.1:${bound}`;
  };
  const repeat = <T>(times: number, make: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: times }, make));
  const adminOrigin = await serve(await openAdmin(own, logger('admin')));
  const edge: Edge = await startEdge({
    port,
    gateways: await repeat(gateways, async () =>
      serve(
        await openGateway(own, logger('gateway'), createMetrics('gateway'), gatewayFetch && { fetch: gatewayFetch }),
      ),
    ),
    minters: await repeat(minters, async () => serve(await openMinter(own, logger('minter')))),
  });
  closing.push(() => edge.close());

  const broker: Broker = {
    origin: config.PUBLIC_URL,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    log,
    browser: () => new Browser(config.PUBLIC_URL),
    api: async (method, path, body) => {
      const current = method === 'PATCH' || method === 'DELETE' || method === 'PUT' ? await etagOf(path) : undefined;
      const answer = await fetch(`${adminOrigin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body === undefined
            ? {}
            : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
          ...(current === undefined ? {} : { 'if-match': current }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    },
    close: async () => {
      for (const close of closing.reverse()) await close();
    },
  };
  async function etagOf(path: string): Promise<string | undefined> {
    const answer = await fetch(`${adminOrigin}${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    return answer.headers.get('etag') ?? undefined;
  }
  // Every service has heard of every other one, as it has a second after a deployment.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  return broker;
}
