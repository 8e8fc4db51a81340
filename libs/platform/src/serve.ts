import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { ConfigError, type CommonConfig } from './config.js';
import { createFront, listen, trustedProxies } from './front.js';
import type { Logger } from './log.js';
import { createMetrics, startManagement } from './management.js';

/** A service that is open for requests; `close` comes after the last one was answered. */
export interface OpenService {
  handler: RequestListener;
  ready(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** The two stores every service needs. @throws ConfigError naming each that is missing */
export function storesOf(config: CommonConfig): { databaseUrl: string; redisUrl: string } {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = config;
  if (databaseUrl !== undefined && redisUrl !== undefined) return { databaseUrl, redisUrl };
  throw new ConfigError([
    ...(databaseUrl === undefined ? ['DATABASE_URL is missing'] : []),
    ...(redisUrl === undefined ? ['REDIS_URL is missing'] : []),
  ]);
}

/** Runs `end` once at the first SIGTERM or SIGINT; npm and terminals send a second one, which changes nothing. */
export function onSignal(end: () => Promise<void>, log: Logger): void {
  let ending = false;
  const once = (signal: string): void => {
    if (ending) return;
    ending = true;
    log.info({ signal }, 'ending');
    end().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error instanceof Error ? error.message : String(error) }, 'did not end cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', once);
  process.on('SIGINT', once);
}

/** One service, one process: management first (so that probes see it start), then the door, then the signals. */
export async function serve(options: {
  service: string;
  port: number;
  config: CommonConfig;
  log: Logger;
  open(metrics: Registry): Promise<OpenService>;
}): Promise<void> {
  const { service, config, log } = options;
  const metrics = createMetrics(service);
  let ready = async (): Promise<Record<string, string>> => ({ [service]: 'starting' });
  const management = await startManagement({
    port: config.MANAGEMENT_PORT,
    host: config.BIND_ADDRESS,
    metrics,
    ready: () => ready(),
  });
  const open = await options.open(metrics);
  const front = createFront(open.handler, trustedProxies(config.TRUSTED_PROXIES));
  const port = await listen(front.server, options.port, config.BIND_ADDRESS);
  ready = () => open.ready();
  log.info({ port, management: management.port }, `${service} ready`);

  onSignal(async () => {
    // Not ready first: the balancer looks elsewhere while the last answers go out.
    ready = async () => ({ [service]: 'ending' });
    await front.drain();
    await open.close();
    await management.close();
  }, log);
}

/** Runs a process's main; a configuration error is a list for the operator, not a stack trace. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  }
}
