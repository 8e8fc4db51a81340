import { Redis } from 'ioredis';
import { startEmbeddedRedisForTest } from '@passbroker/testing';
import { createLogger } from './log.js';
import { demandNoEviction } from './redis.js';

describe('a Redis that evicts', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;
  const lines: string[] = [];
  const log = createLogger('test', 'warn', { write: (line) => void lines.push(line) });

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('is refused, because it would forget which messages were used', async () => {
    await expect(demandNoEviction(redis, log)).resolves.toBeUndefined();
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(demandNoEviction(redis, log)).rejects.toThrow('allkeys-lru');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await expect(demandNoEviction(redis, log)).resolves.toBeUndefined();
  });

  it('that does not say is believed with a warning', async () => {
    await redis.acl('SETUSER', 'quiet', 'on', '>secret', '~*', '&*', '+@all', '-config');
    const { host, port } = redis.options;
    const quiet = new Redis({
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      username: 'quiet',
      password: 'secret',
    });
    await expect(demandNoEviction(quiet, log)).resolves.toBeUndefined();
    expect(lines.join('')).toContain('noeviction');
    quiet.disconnect();
  });
});
