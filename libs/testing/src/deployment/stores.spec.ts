import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate, openDatabase, sqlOf } from '@passbroker/catalog';
import { connectRedis, createLogger, type EmbeddedPostgres, type Redis } from '@passbroker/platform';

import { makeSecrets, writeSecrets } from '../../../../bin/deployment/index.mjs';
import { describeWith, requireServer, startEmbeddedPostgresForTest } from '../servers/index.js';

const log = createLogger('deployment', 'silent');
const folder = mkdtempSync(join(tmpdir(), 'passbroker-stores-'));
// As root, the Postgres of the test is somebody else and has to walk through.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the secrets of a deployment', () => {
  it('lie in a folder that is closed to others, and are never written twice', () => {
    const at = join(folder, 'secrets');
    const files = makeSecrets();
    writeSecrets(at, files);
    expect(statSync(at).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(at, 'minter/service-secret'), 'utf8').trim()).toHaveLength(43);
    expect(() => writeSecrets(at, makeSecrets())).toThrow('nothing was written');
    expect(readFileSync(join(at, 'minter/service-secret'), 'utf8').trim()).toBe(files['minter/service-secret']);
  });

  it('are each known to one holder: the stores keep verifiers', () => {
    const files = makeSecrets();
    const passwords = Object.entries(files)
      .filter(([file]) => file.endsWith('-url'))
      .map(([, url]) => new URL(url).password);
    expect(new Set(passwords).size).toBe(passwords.length);
    for (const password of passwords) {
      expect(files['postgres/logins.json']).not.toContain(password);
      expect(files['redis/users.acl']).not.toContain(password);
    }
  });

  it('take the addresses of other stores, but no login with them', () => {
    const files = makeSecrets({ database: 'postgres://db.acme.test/broker?sslmode=verify-full' });
    expect(files['gateway/database-url']).toMatch(
      /^postgres:\/\/passbroker_gateway_login:[\w-]{43}@db\.acme\.test\/broker\?sslmode=verify-full$/,
    );
    expect(() => makeSecrets({ redis: 'redis://all:known@cache.acme.test' })).toThrow('without a login');
  });
});

describe('the database of the compose file', () => {
  let postgres: EmbeddedPostgres;
  let files: Record<string, string>;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgresForTest();
    const { host, pathname } = new URL(postgres.url);
    files = makeSecrets({ database: `postgres://${host}${pathname}` });
    const logins = join(folder, 'logins.json');
    writeFileSync(logins, files['postgres/logins.json'] ?? '', { mode: 0o644 });
    const superuser = await openDatabase({ url: postgres.url, service: 'owner', log });
    const init = readFileSync('deploy/postgres/init.sql', 'utf8').replace('/run/secrets/postgres-logins', logins);
    await superuser.query(init);
    await superuser.destroy();
    await migrate({ url: files['migrate/database-url'] ?? '', publicUrl: 'http://localhost:3000', log });
  });
  afterAll(() => postgres.stop());

  const opened = async <T>(login: string, service: 'gateway' | 'minter' | 'admin', work: string): Promise<T> => {
    const database = await openDatabase({ url: files[`${login}/database-url`] ?? '', service, log });
    try {
      return await database.query<T>(work);
    } finally {
      await database.destroy();
    }
  };

  it.each(['gateway', 'minter', 'admin'] as const)(
    'lets the %s in with its own login, as its own role',
    async (service) => {
      expect(
        await opened(
          service,
          service,
          'select current_user::text, count(*)::int as brands from catalog.brand group by 1',
        ),
      ).toEqual([{ current_user: `passbroker_${service}`, brands: 1 }]);
    },
  );

  it("does not let the gateway take the minter's role, nor read token keys", async () => {
    await expect(opened('gateway', 'minter', 'select 1')).rejects.toThrow(/permission denied to set role/);
    await expect(opened('gateway', 'gateway', 'select * from keys.token_key')).rejects.toThrow(/permission denied/);
    await expect(opened('minter', 'minter', 'select * from keys.token_key')).resolves.toEqual([]);
  });

  it('has an owner that is no superuser', async () => {
    const owner = await openDatabase({ url: files['migrate/database-url'] ?? '', service: 'owner', log });
    const { rows } = await sqlOf(owner)('select rolsuper, rolcreaterole from pg_roles where rolname = current_user');
    await owner.destroy();
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: false }]);
  });
});

describeWith('redis', 'the Redis of the compose file', () => {
  let server: ChildProcess;
  let files: Record<string, string>;
  const open: Redis[] = [];

  beforeAll(async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    files = makeSecrets({ redis: `redis://127.0.0.1:${port}/0` });
    const acl = join(folder, 'users.acl');
    writeFileSync(acl, `${files['redis/users.acl']}\n`);
    const config = readFileSync('deploy/redis/redis.conf', 'utf8')
      .replace('/run/secrets/redis-users', acl)
      .replace('dir /data', `dir ${folder}`)
      .replace('port 6379', `port ${port}`)
      .replace('bind * -::*', 'bind 127.0.0.1');
    writeFileSync(join(folder, 'redis.conf'), config);
    server = spawn(requireServer('redis'), [join(folder, 'redis.conf')], { stdio: 'ignore' });
  });
  afterAll(async () => {
    for (const redis of open) redis.disconnect();
    server.kill();
    await once(server, 'exit');
  });

  async function as(url: string): Promise<Redis> {
    const redis = connectRedis(url, log, 'deployment');
    open.push(redis);
    for (let tries = 0; tries < 100; tries += 1) {
      try {
        await redis.ping();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return redis;
  }

  it('lets each service do its work, and nothing to the server itself', async () => {
    for (const service of ['gateway', 'minter', 'admin']) {
      const redis = await as(files[`${service}/redis-url`] ?? '');
      expect(await redis.set(`x:${service}`, '1', 'PX', 1_000, 'NX')).toBe('OK');
      expect(await redis.getdel(`x:${service}`)).toBe('1');
      expect(await redis.eval("return redis.call('INCR', KEYS[1])", 1, `n:${service}`)).toBe(1);
      expect(await redis.xadd(`s:${service}`, '*', 'a', 'b')).toBeTruthy();
      expect(await redis.publish('news', 'x')).toBe(0);
      expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      for (const command of ['FLUSHALL', 'KEYS *', 'CONFIG SET maxmemory 0', 'ACL LIST', 'SHUTDOWN']) {
        const [name = '', ...args] = command.split(' ');
        await expect(redis.call(name, ...args)).rejects.toThrow(/NOPERM/);
      }
    }
  });

  it('lets strangers ask whether it is alive, and no more', async () => {
    const socket = connect(Number(new URL(files['gateway/redis-url'] ?? '').port), '127.0.0.1');
    socket.end('PING\r\nGET x\r\n');
    const said = (await socket.setEncoding('utf8').toArray()).join('');
    expect(said).toMatch(/^\+PONG\r\n-(NOPERM|NOAUTH)/);
  });
});
