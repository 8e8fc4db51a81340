import { migrate } from '@passbroker/catalog';
import {
  createFront,
  createLogger,
  createMetrics,
  listen,
  pathOnly,
  startManagement,
  trustedProxies,
  type Logger,
  type OpenService,
  type ServiceName,
  type ServicePublicKeys,
} from '@passbroker/platform';
import { openAdmin, type OpenAdmin } from '../../admin/src/open.js';
import { openGateway } from '../../gateway/src/open.js';
import { openMinter } from '../../minter/src/open.js';
import { isMinterPath } from '../../minter/src/protocols/mount.js';
import { openUpstreams, removeUpstreams, seedDemo, startDemo, type Demo, type DemoUpstreams } from './demo/index.js';
import { greetingOf } from './greeting.js';
import type { StandaloneConfig } from './standalone.config.js';
import { homeOf, isHereOnly } from './loopback.js';
import { openStores, type Stores } from './stores.js';

export interface Standalone {
  /** What the newcomer reads; begins with the ready line. */
  greeting: string;
  close(): Promise<void>;
}

/**
 * The whole broker in one process: gateway and minter behind one port, as an edge would put them, the admin
 * API on its own. They still meet only in Redis and Postgres, each under its own identity and database role.
 */
export async function startStandalone(config: StandaloneConfig, log: Logger): Promise<Standalone> {
  const closing: (() => Promise<void>)[] = [];
  const later = <T>(thing: T, close: (thing: T) => Promise<void>): T => {
    closing.unshift(() => close(thing));
    return thing;
  };
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0)) await step();
  };

  try {
    const stores = later(await openStores(config, log), (open) => open.close());
    // Beside everything else that opens: it is seldom the last.
    const upstreams = later(openDemoUpstreams(config, stores, log), async (opening) => (await opening)?.close());
    await migrate({ url: stores.databaseUrl, publicUrl: config.PUBLIC_URL, log });
    const own = { ...config, DATABASE_URL: stores.databaseUrl, REDIS_URL: stores.redisUrl, SERVICE_SECRET: undefined };
    const metrics = createMetrics('standalone');
    const opened = await Promise.allSettled([
      openMinter({ ...own, MINTER_PORT: 0 }, createLogger('minter', log.level)),
      openGateway(own, createLogger('gateway', log.level), metrics),
      openAdmin(own, createLogger('admin', log.level)),
    ]);
    for (const result of opened) if (result.status === 'fulfilled') later(result.value, (service) => service.close());
    const [minter, gateway, admin] = opened.map(orThrow) as [OpenService, OpenService, OpenAdmin];

    const trusted = trustedProxies(config.TRUSTED_PROXIES);
    const doors = {
      people: createFront((req, res) => {
        const home = homeOf(req, config.PUBLIC_URL);
        if (home) return void res.writeHead(307, { location: home, 'cache-control': 'no-store' }).end();
        (isMinterPath(pathOnly(req.url ?? '/')) ? minter : gateway).handler(req, res);
      }, trusted),
      operators: createFront(admin.handler, trusted),
    };
    const demo = await openDemo(config, log);
    if (demo) later(demo, (sites) => sites.close());
    const people = await upstreams;
    await seed(config, log, admin, demo && { ...demo, ...people });

    const port = await listen(doors.people.server, config.GATEWAY_PORT, config.BIND_ADDRESS);
    later(doors.people, (front) => front.drain());
    const adminPort = await listen(doors.operators.server, config.ADMIN_PORT, config.BIND_ADDRESS);
    later(doors.operators, (front) => front.drain());
    const ready = async (): Promise<Record<string, string>> => {
      const states = await Promise.all([gateway.ready(), minter.ready(), admin.ready()]);
      const names = ['gateway', 'minter', 'admin'];
      return Object.fromEntries(
        states.flatMap((state, index) => Object.entries(state).map(([name, is]) => [`${names[index]}.${name}`, is])),
      );
    };
    const management = await startManagement({
      port: config.MANAGEMENT_PORT,
      host: config.BIND_ADDRESS,
      metrics,
      ready,
    });
    later(management, (server) => server.close());
    log.info({ port, adminPort, management: management.port }, 'standalone ready');
    return {
      greeting: greetingOf({ config, adminPort, demo: demo && { ...demo, ...people }, generated: admin.generated }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What of the demo runs. */
type DemoPlaces = Pick<Demo, 'helpDesk' | 'intranet'> & Omit<Partial<DemoUpstreams>, 'close'>;

function orThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

async function openDemo(config: StandaloneConfig, log: Logger): Promise<Demo | undefined> {
  if (!config.DEMO) return undefined;
  return startDemo({
    brokerOrigin: config.PUBLIC_URL,
    dataDir: config.DATA_DIR,
    helpDeskPort: config.HELP_DESK_PORT,
    intranetPort: config.INTRANET_PORT,
    log,
  });
}

/** Never rejects: a broker without a demo directory is a broker. */
async function openDemoUpstreams(
  config: StandaloneConfig,
  { embeddedPostgres }: Stores,
  log: Logger,
): Promise<DemoUpstreams | undefined> {
  const options = { embeddedPostgres, dataDir: config.DATA_DIR, log };
  try {
    // Their passwords stand in the README: whoever could reach the page from elsewhere would come in by them.
    if (config.DEMO && isHereOnly(config)) return await openUpstreams(options);
    await removeUpstreams(options);
  } catch (error) {
    log.warn({ error: String(error) }, 'demo: its directory and its PeopleSoft table are as they were');
  }
  return undefined;
}

/** Published moments ago by a neighbour; the admin's cache may still know that there were none. */
async function publishedKeys(catalog: OpenAdmin['catalog'], service: ServiceName): Promise<ServicePublicKeys> {
  for (const end = Date.now() + 5_000; Date.now() < end;) {
    const keys = await catalog.serviceKeys(service);
    if (keys) return keys;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the ${service} has not published its keys`);
}

async function seed(
  config: StandaloneConfig,
  log: Logger,
  { writer, catalog }: OpenAdmin,
  demo: DemoPlaces | undefined,
): Promise<void> {
  const [gateway, minter] = await Promise.all([publishedKeys(catalog, 'gateway'), publishedKeys(catalog, 'minter')]);
  const wish = demo ? { ...demo, brokerOrigin: config.PUBLIC_URL } : 'off';
  await seedDemo({ writer, keys: { gateway, minter }, dataDir: config.DATA_DIR, log }, wish);
}
