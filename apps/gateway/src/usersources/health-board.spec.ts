import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { createLogger } from '@passbroker/platform';
import { FakeClock, findServer, startEmbeddedRedisForTest, startRealRedis } from '@passbroker/testing';
import { HealthBoard } from './health-board.js';

const CORP = { id: 'us_corp', slug: 'corp' };

describe('what is known of usersources', () => {
  const clock = new FakeClock();
  const registry = new Registry();
  let server: Awaited<ReturnType<typeof startRealRedis>>;
  let redis: Redis;
  let here: HealthBoard;
  let there: HealthBoard;

  beforeAll(async () => {
    server = await (findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest());
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    registry.clear();
    const parts = { redis, now: clock.now, log: createLogger('test', 'silent') };
    here = new HealthBoard({ ...parts, metrics: registry });
    there = new HealthBoard(parts);
  });
  const kept = async (): Promise<unknown> => JSON.parse((await redis.get('usersource-health:us_corp')) ?? 'null');

  it('is known here at once, and to the others when they look', async () => {
    const before = [here.version, there.version];
    await here.report(CORP, 'down', 'TCP: refused');
    expect([here.isDown('us_corp'), there.isDown('us_corp')]).toEqual([true, false]);
    await there.look();
    expect(there.isDown('us_corp')).toBe(true);
    expect([here.version > (before[0] ?? 0), there.version > (before[1] ?? 0)]).toEqual([true, true]);
    await here.report(CORP, 'ok', 'answers again');
    await there.look();
    expect([here.isDown('us_corp'), there.isDown('us_corp')]).toEqual([false, false]);
  });

  it('changes nothing, and no version, while it stays the same', async () => {
    await here.report(CORP, 'ok', 'fine');
    const { version } = here;
    await here.report(CORP, 'ok', 'fine');
    await here.look();
    expect(here.version).toBe(version);
  });

  it('remembers since when, and forgets what nobody has seen for three minutes', async () => {
    await here.report(CORP, 'down', 'refused');
    const since = clock.now().toISOString();
    clock.advance(50);
    await there.report(CORP, 'down', 'still refused');
    expect(await kept()).toEqual({ state: 'down', since, at: clock.now().toISOString(), detail: 'still refused' });
    expect(await redis.ttl('usersource-health:us_corp')).toBeGreaterThan(170);
    clock.advance(170);
    await here.look();
    expect(here.isDown('us_corp')).toBe(true);
    clock.advance(11);
    await here.look();
    expect([here.isDown('us_corp'), await redis.hgetall('usersources-down')]).toEqual([false, {}]);
  });

  it('is a gauge', async () => {
    await here.report(CORP, 'down', 'refused');
    expect(await registry.metrics()).toContain('passbroker_usersource_up{usersource="corp"} 0');
    await here.report(CORP, 'ok', 'fine');
    expect(await registry.metrics()).toContain('passbroker_usersource_up{usersource="corp"} 1');
  });

  it('is no condition of anything: without Redis, and with nonsense in it, it goes on', async () => {
    await redis.set('usersource-health:us_corp', 'no JSON');
    await redis.hset('usersources-down', 'us_x', 'no date');
    await here.report(CORP, 'down', 'refused');
    await here.look();
    expect([here.isDown('us_corp'), here.isDown('us_x')]).toEqual([true, false]);
    const gone = new HealthBoard({
      redis: new Redis({ lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null }),
      now: clock.now,
      log: createLogger('test', 'silent'),
    });
    await gone.report(CORP, 'down', 'refused');
    await gone.look();
    expect(gone.isDown('us_corp')).toBe(true);
  });
});
