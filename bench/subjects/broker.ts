import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';

import type { Application } from '#bench/driver/applications';
import { cpuOf, cpuOfFamily } from '#bench/method/cpu';
import { setUp } from '#bench/subjects/catalog';
import {
  dist,
  freePort,
  startPostgres,
  startProgram,
  startRedis,
  temporaryFolder,
  type PostgresServer,
  type Program,
  type ProgramOptions,
  type RedisServer,
} from '#bench/subjects/servers';
import type { Measured, Subject, Upstreams } from '#bench/subjects/subject';

export type Shape = 'services' | 'standalone';

export interface Ground {
  redis: RedisServer;
  postgres: PostgresServer;
  dataDir: string;
  ports: { gateway: number; minter: number; admin: number };
  token: string;
  env: Record<string, string>;
}

export interface BrokerOptions {
  /** A folder for CPU profiles. */
  profileTo?: string;
  /** Every byte its processes print. */
  onOutput?: (text: string) => void;
  env?: Record<string, string>;
  upstreams?: Upstreams;
}

/** The built product with a Redis and a Postgres of its own, as three processes or as one. */
export async function startBroker(
  shape: Shape,
  applications: Iterable<Application>,
  { profileTo, onOutput, env = {}, upstreams }: BrokerOptions = {},
): Promise<Subject> {
  const ground = await layGround();
  Object.assign(ground.env, env);
  const { ports, redis, postgres, token } = ground;
  const how: How = {
    nodeArgs: profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`],
    ...(onOutput ? { onOutput } : {}),
  };
  const programs = shape === 'services' ? await startServices(ground, how) : await startStandalone(ground, how);
  const broker = await setUp(`http://127.0.0.1:${ports.admin}`, token, applications, upstreams);
  const origin = originOf(ground);
  const processes: Measured[] = [
    ...Object.entries(programs).map(([name, { pid }]) => ({ name, cpu: () => cpuOf(pid) })),
    { name: 'redis', cpu: () => cpuOf(redis.pid) },
    { name: 'postgres', cpu: () => cpuOfFamily(postgres.pid), aside: true },
  ];
  return {
    name: shape,
    origin,
    issuer: `${origin}/oidc`,
    door: (pathname) => ({
      host: '127.0.0.1',
      port: shape === 'services' && belongsToMinter(pathname) ? ports.minter : ports.gateway,
    }),
    processes,
    notes: [],
    redisCommands: redis.commands,
    databaseUrl: postgres.url,
    broker,
    ...(upstreams ? { upstreams } : {}),
    stop: async () => {
      await Promise.all(Object.values(programs).map((program) => program.stop()));
      await clear(ground);
    },
  };
}

export async function clear({ redis, postgres, dataDir }: Ground): Promise<void> {
  await Promise.all([redis.stop(), postgres.stop()]);
  await rm(dataDir, { recursive: true, force: true });
}

const belongsToMinter = (pathname: string): boolean => /^\/(oidc|saml\/idp|pass|\.well-known)(\/|$)/.test(pathname);

const originOf = ({ ports }: Ground): string => `http://127.0.0.1:${ports.gateway}`;

export async function layGround(): Promise<Ground> {
  const [redis, postgres, dataDir] = await Promise.all([startRedis(), startPostgres(), temporaryFolder('data')]);
  const ports = { gateway: await freePort(), minter: await freePort(), admin: await freePort() };
  const token = randomBytes(32).toString('base64url');
  return {
    redis,
    postgres,
    dataDir,
    ports,
    token,
    env: {
      PUBLIC_URL: `http://127.0.0.1:${ports.gateway}`,
      GATEWAY_PORT: String(ports.gateway),
      MINTER_PORT: String(ports.minter),
      ADMIN_PORT: String(ports.admin),
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      DATA_DIR: dataDir,
      ADMIN_TOKEN: token,
      ADMIN_PASSWORD: randomBytes(24).toString('base64url'),
      DEMO: '0',
    },
  };
}

type How = Pick<ProgramOptions, 'nodeArgs' | 'onOutput'>;

async function startServices({ env }: Ground, how: How): Promise<Record<string, Program>> {
  await migrate(env);
  const start = async (name: string): Promise<[string, Program]> => {
    const management = String(await freePort());
    const program = await startProgram({
      name,
      ...how,
      args: [dist(`apps/${name}/src/main.js`)],
      env: { ...env, MANAGEMENT_PORT: management },
      ready: new URL(`http://127.0.0.1:${management}/health/ready`),
    });
    return [name, program];
  };
  return Object.fromEntries([await start('gateway'), await start('minter'), await start('admin')]);
}

async function startStandalone(ground: Ground, how: How): Promise<Record<string, Program>> {
  return { standalone: await standalone(ground, {}, how) };
}

export const READY = /passbroker ready: /;

export const standalone = async ({ env }: Ground, more: Record<string, string> = {}, how: How = {}): Promise<Program> =>
  startProgram({
    name: 'standalone',
    ...how,
    args: [dist('apps/standalone/src/main.js')],
    env: { ...env, MANAGEMENT_PORT: String(await freePort()), ...more },
    ready: READY,
  });

async function migrate(env: Record<string, string>): Promise<void> {
  const program = await startProgram({
    name: 'migrate',
    args: [dist('apps/admin/src/migrate.js')],
    env,
    ready: 'exit',
  });
  await program.stop();
}
