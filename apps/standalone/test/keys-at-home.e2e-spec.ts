import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { openDatabase, sqlOf } from '@passbroker/catalog';
import { createLogger } from '@passbroker/platform';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { API_KEY, configure, redeem, signIn, token } from './world/people.js';
import { openTokenKeys, type TokenKey } from './world/token-keys.js';
import { serviceSecretOf, startProcesses, type Processes } from './world/processes.js';

const silent = createLogger('test', 'silent');

describe('after real sign-ins with three processes', () => {
  let broker: Processes;
  const canaries = new Map<string, string>();
  let privateKeys: TokenKey[];

  beforeAll(async () => {
    broker = await startProcesses();
    const { clientSecret } = await configure(broker);
    canaries.set('client secret', clientSecret).set('api key', API_KEY);
    for (const uid of ['ann', 'bob', 'cyd']) {
      const browser = broker.browser();
      const { answer, asked } = await signIn(broker, browser, uid);
      canaries.set(`code of ${uid}`, answer.searchParams.get('code') ?? '');
      const { body } = await redeem(broker, clientSecret, answer, asked);
      const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
      canaries.set(`first refresh token of ${uid}`, refresh.refresh_token);
      const next = await token(broker, clientSecret, refresh);
      canaries.set(`refresh token of ${uid}`, String(next.body['refresh_token']));
      canaries.set(`access token of ${uid}`, String(next.body['access_token']));
      const origin = new URL(broker.origin);
      for (const name of browser.cookies.names(origin)) {
        const value = browser.cookies.value(name, origin) ?? '';
        if (value.length > 20) canaries.set(`cookie ${name} of ${uid}`, value);
      }
    }
    privateKeys = await openTokenKeys(broker);
  }, 120_000);
  afterAll(() => broker?.close());

  it('the token keys and the secret that opens them are in the memory of the minter alone', () => {
    const needles: [string, Buffer][] = [
      ...privateKeys.flatMap(({ kid, raw, text }): [string, Buffer][] => [
        [`${kid}, raw`, raw],
        [`${kid}, base64url`, Buffer.from(text)],
      ]),
      ['secret of the minter', Buffer.from(serviceSecretOf('minter'))],
      ['secret of the gateway', Buffer.from(serviceSecretOf('gateway'))],
      ['secret of the admin', Buffer.from(serviceSecretOf('admin'))],
    ];
    const found = {
      gateway: inMemory(broker.pids.gateway, needles),
      minter: inMemory(broker.pids.minter, needles),
      admin: inMemory(broker.pids.admin, needles),
    };
    process.stdout.write(`  found in memory: ${JSON.stringify(found)}\n`);
    expect(privateKeys.length).toBeGreaterThan(0);
    // Positive controls: each has its own, and the minter the keys it signs with.
    expect(found.minter).toContain('secret of the minter');
    expect(found.minter.some((name) => privateKeys.some(({ kid }) => name.startsWith(kid)))).toBe(true);
    expect(found.gateway).toEqual(['secret of the gateway']);
    expect(found.admin).toEqual(['secret of the admin']);
    expect(found.minter).not.toContain('secret of the gateway');
    expect(found.minter).not.toContain('secret of the admin');
  });

  it('nothing that opens anything stands in Postgres or Redis as it was given out', async () => {
    const stored = `${await allOfPostgres(broker.databaseUrl)}\n${await allOfRedis(broker.redisUrl)}`;
    // Positive control: it is the whole content, and it is text.
    expect(stored).toContain('Person ann');
    expect(stored).toContain('helpdesk');
    for (const value of [
      ...privateKeys.map(({ text }) => text),
      serviceSecretOf('minter'),
      serviceSecretOf('gateway'),
    ]) {
      expect(stored.includes(value)).toBe(false);
    }
    expect([...canaries].filter(([, value]) => stored.includes(value)).map(([name]) => name)).toEqual([]);
    expect(canaries.size).toBeGreaterThan(15);
  });

  it('the admin’s own connection reads neither token keys nor password hashes', async () => {
    const admin = await openDatabase({ url: broker.databaseUrl, service: 'admin', log: silent });
    const sql = sqlOf(admin);
    expect((await sql('select kid, public_jwk from keys.token_key')).count).toBeGreaterThan(0);
    await expect(sql('select sealed from keys.token_key')).rejects.toMatchObject({ code: '42501' });
    await expect(sql('select hash from catalog.credential')).rejects.toMatchObject({ code: '42501' });
    await admin.destroy();
    const gateway = await openDatabase({ url: broker.databaseUrl, service: 'gateway', log: silent });
    await expect(sqlOf(gateway)('select kid from keys.token_key')).rejects.toMatchObject({ code: '42501' });
    await gateway.destroy();
  });
});

/** Which needles lie somewhere in a process's memory, by reading all of it. */
function inMemory(pid: number, needles: readonly [string, Buffer][]): string[] {
  const found = new Set<string>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const longest = Math.max(...needles.map(([, needle]) => needle.length));
  const chunk = Buffer.alloc(8 << 20);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from = '', to = '', rights = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      // What can be written is where data is; a gigabyte of reserved address space is not readable.
      if (!rights.startsWith('rw')) continue;
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += chunk.length - longest) {
        let read: number;
        try {
          read = readSync(memory, chunk, 0, Math.min(chunk.length, end - at), at);
        } catch {
          break;
        }
        for (const [name, needle] of needles) if (chunk.subarray(0, read).includes(needle)) found.add(name);
        if (read < chunk.length) break;
      }
    }
  } finally {
    closeSync(memory);
  }
  return [...found].sort();
}

async function allOfPostgres(url: string): Promise<string> {
  const owner = new Client({ connectionString: url });
  await owner.connect();
  const tables = await owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('catalog', 'keys')`,
  );
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await owner.query<{ row: string }>(`select t::text as row from ${name} t`);
    texts.push(`${name}\n${rows.map(({ row }) => row).join('\n')}`);
  }
  await owner.end();
  return texts.join('\n');
}

async function allOfRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    texts.push(key);
    switch (await redis.type(key)) {
      case 'string':
        texts.push((await redis.get(key)) ?? '');
        break;
      case 'list':
        texts.push(...(await redis.lrange(key, 0, -1)));
        break;
      case 'stream':
        texts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
        break;
      case 'hash':
        texts.push(JSON.stringify(await redis.hgetall(key)));
        break;
      default:
        texts.push(JSON.stringify(await redis.call('DUMP', key)));
    }
  }
  redis.disconnect();
  return texts.join('\n');
}
