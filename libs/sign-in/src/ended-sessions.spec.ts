import { Redis } from 'ioredis';
import { FakeClock, findServer, startEmbeddedRedisForTest, startRealRedis } from '@passbroker/testing';
import { EndedSessions, type PassOrigin } from './ended-sessions.js';

let stop: () => Promise<unknown>;
let redis: Redis;
let clock: FakeClock;
let ended: EndedSessions;

beforeAll(async () => {
  const server = await (findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest());
  redis = new Redis(server.url);
  stop = async () => {
    redis.disconnect();
    await server.stop();
  };
});
afterAll(() => stop());
beforeEach(async () => {
  await redis.flushall();
  clock = new FakeClock();
  ended = new EndedSessions(redis, clock.now);
});

const pass = (more: Partial<PassOrigin> = {}): PassOrigin => ({
  ...{ account: 'acc_ann', usersource: 'us_one', session: 's1', lasting: false },
  since: clock.now().getTime(),
  ...more,
});

describe('what ends with a session', () => {
  it('nothing, as long as nobody ended it', async () => {
    expect(await ended.endedWith(pass())).toBe(false);
  });

  it('at sign-out: its passes, but for those of applications that work on without the person', async () => {
    const [mine, lasting, other] = [pass(), pass({ lasting: true }), pass({ session: 's2' })];
    await ended.signedOut('acc_ann', ['s1']);
    expect(await Promise.all([mine, lasting, other].map((one) => ended.endedWith(one)))).toEqual([true, false, false]);
  });

  it('when it is revoked: every pass of it, and no other', async () => {
    const others = [pass({ session: 's2' }), pass({ account: 'acc_bob' })];
    await ended.revoked('acc_ann', ['s1']);
    expect(await ended.endedWith(pass({ lasting: true }))).toBe(true);
    expect(await Promise.all(others.map((one) => ended.endedWith(one)))).toEqual([false, false]);
  });

  it('when all are revoked: what came of forgotten sessions too, not what comes after', async () => {
    const forgotten = pass({ session: 'long-gone', lasting: true });
    clock.advance(10);
    await ended.allRevoked('acc_ann', undefined);
    expect(await ended.endedWith(forgotten)).toBe(true);
    clock.advance(10);
    expect(await ended.endedWith(pass({ session: 's3' }))).toBe(false);
  });

  it('when all others are: nothing of the session that asked, until the next time', async () => {
    const here = pass({ session: 'here' });
    clock.advance(10);
    await ended.allRevoked('acc_ann', 'here');
    expect(await ended.endedWith(here)).toBe(false);
    clock.advance(10);
    await ended.allRevoked('acc_ann', undefined);
    await ended.revoked('acc_ann', ['here']);
    expect(await ended.endedWith(here)).toBe(true);
  });

  it('a living session that is ended with all takes along what is made of it a moment later', async () => {
    await ended.allRevoked('acc_ann', undefined);
    await ended.revoked('acc_ann', ['s1']);
    clock.advance(5);
    expect(await ended.endedWith(pass())).toBe(true);
  });

  it('when a link is taken away: what came through that usersource', async () => {
    const passes = [
      pass({ session: 'gone' }),
      pass({ session: 'gone', usersource: 'us_two' }),
      pass({ session: 'me' }),
    ];
    clock.advance(10);
    await ended.allRevokedThrough('acc_ann', 'us_one', 'me');
    expect(await Promise.all(passes.map((one) => ended.endedWith(one)))).toEqual([true, false, false]);
  });

  it('not the passes of who signs in right after, on a machine whose clock is behind', async () => {
    await ended.allRevoked('acc_ann', undefined);
    const since = clock.now().getTime() - 2_000;
    expect(await ended.endedWith(pass({ session: 'new', since }))).toBe(false);
    expect(await ended.endedWith(pass({ session: 'new', since: since - 10_000 }))).toBe(true);
  });

  it('and is remembered no longer than a pass can live', async () => {
    await ended.signedOut('acc_ann', ['old']);
    clock.advance(32 * 24 * 3_600);
    await ended.signedOut('acc_ann', ['new']);
    expect(await redis.zrange('ended-sessions:acc_ann', '0', '-1')).toEqual(['out new']);
    expect(await redis.ttl('ended-sessions:acc_ann')).toBeGreaterThan(30 * 24 * 3_600);
  });
});
