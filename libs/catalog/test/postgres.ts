import { createLogger, type ServiceName } from '@passbroker/platform';
import type { CatalogChange } from '@passbroker/model';
import type { DataSource } from 'typeorm';
import { startEmbeddedPostgresForTest } from '@passbroker/testing';
import { migrate, openDatabase } from '../src/index.js';

export const silent = createLogger('test', 'silent');
export const PUBLIC_URL = 'http://localhost:3000';

/** A real Postgres for one spec file. */
export async function startPostgres(start = startEmbeddedPostgresForTest) {
  const server = await start();
  const opened: DataSource[] = [];
  const { url } = server;
  let stopped: Promise<void> | undefined;
  const takeAway = () => (stopped ??= server.stop());
  return {
    url,
    /** The server goes, the pools stay: what an outage looks like. */
    takeAway,
    migrate: () => migrate({ url, publicUrl: PUBLIC_URL, log: silent }),
    async open(service: ServiceName | 'owner', poolSize = 5): Promise<DataSource> {
      const dataSource = await openDatabase({ url, service, poolSize, log: silent });
      opened.push(dataSource);
      return dataSource;
    },
    async stop(): Promise<void> {
      await Promise.all(opened.map((dataSource) => dataSource.destroy().catch(() => undefined)));
      await takeAway();
    },
  };
}

/** Collects what was announced. */
export function ear(): { announce: (change: CatalogChange) => void; heard: CatalogChange[] } {
  const heard: CatalogChange[] = [];
  return { heard, announce: (change) => void heard.push(change) };
}

export async function until(condition: () => boolean | Promise<boolean>, patienceMs = 5_000): Promise<number> {
  const began = Date.now();
  while (!(await condition())) {
    if (Date.now() - began > patienceMs) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return Date.now() - began;
}
