import { connectRedis, createLogger, type Redis } from '@passbroker/platform';
import { startEmbeddedRedisForTest } from '@passbroker/testing';
import { RedisMemory } from './redis-memory.js';

describe('what gateways remember of an upstream together', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;
  const memoryOf = (usersource: string, secret = 'the gateways’ own'): RedisMemory =>
    new RedisMemory(redis, usersource, secret);

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = connectRedis(server.url, createLogger('memory', 'silent'), 'memory');
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('is the same for all of them', async () => {
    await memoryOf('okta').write('metadata', '<EntityDescriptor/>', 60);
    expect(await memoryOf('okta').read('metadata')).toBe('<EntityDescriptor/>');
    expect(await memoryOf('okta').read('keys')).toBeUndefined();
  });

  it('is nothing that somebody else wrote there, or carried over from elsewhere', async () => {
    await memoryOf('evil').write('metadata', 'keys of evil', 60);
    const sealed = (await redis.get('memory:evil:metadata')) ?? '';
    expect(sealed).not.toContain('evil');
    for (const planted of ['<EntityDescriptor/>', sealed, '']) {
      await redis.set('memory:okta:metadata', planted);
      expect(await memoryOf('okta').read('metadata')).toBeUndefined();
    }
    await redis.set('memory:evil:keys', sealed);
    expect(await memoryOf('evil').read('keys')).toBeUndefined();
    expect(await memoryOf('evil', 'another secret').read('metadata')).toBeUndefined();
    expect(await memoryOf('evil').read('metadata')).toBe('keys of evil');
  });

  it('lets one of them ask in a span', async () => {
    expect(await memoryOf('okta').oncePer('refresh', 60)).toBe(true);
    expect(await memoryOf('okta').oncePer('refresh', 60)).toBe(false);
    expect(await memoryOf('adfs').oncePer('refresh', 60)).toBe(true);
  });
});
