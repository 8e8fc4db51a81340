import { Redis } from 'ioredis';
import { Refusal, type SignInOutcome } from '@passbroker/model';
import { ServiceIdentity, signatureChecker, type CheckSignature } from '@passbroker/platform';
import { FakeClock, startEmbeddedRedisForTest } from '@passbroker/testing';
import { bindingHash, newBinding, ReplayGuard, SignInTransactions, WALK_SECONDS } from './index.js';

const gateway = new ServiceIdentity('gateway', 'gateway secret of at least thirty-two bytes');
const stranger = new ServiceIdentity('gateway', 'somebody else who has the Redis password only');
const isGateway = signatureChecker(gateway.publicKeys);
const check: CheckSignature = (from, bytes, signature) => from === 'gateway' && isGateway(bytes, signature);

const admitted: SignInOutcome = {
  admitted: true,
  account: 'acc_1',
  usersource: 'us_1',
  audience: 'users',
  session: 'se_1',
  authTime: 1,
  methods: ['pwd'],
};

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

describe('the sign-in transaction', () => {
  const clock = new FakeClock();
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;
  let table: SignInTransactions;
  const binding = newBinding();

  const open = () =>
    table.open({
      brand: 'br_1',
      application: 'app_1',
      audience: 'users',
      ask: { forceFresh: false, silent: false },
      returnTo: '/oidc/auth/x',
      browser: bindingHash(binding),
    });

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = new Redis(server.url);
    table = new SignInTransactions(redis, clock.now);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('is opened, completed and collected', async () => {
    const walk = await open();
    expect(await table.read(walk.id, binding)).toEqual(walk);
    await table.complete(gateway, walk, admitted);
    expect(await table.collect(walk.id, binding, check)).toEqual({ transaction: walk, outcome: admitted });
  });

  it('lets nobody collect the same outcome twice, not even at the same time', async () => {
    const walk = await open();
    await table.complete(gateway, walk, admitted);
    const tries = await Promise.all(Array.from({ length: 50 }, () => codeOf(table.collect(walk.id, binding, check))));
    expect(tries.filter((code) => code === 'no refusal')).toHaveLength(1);
    expect(tries.filter((code) => code === 'transaction.expired')).toHaveLength(49);
  });

  it('refuses another browser at both handovers', async () => {
    const walk = await open();
    expect(await codeOf(table.read(walk.id, newBinding()))).toBe('transaction.other_browser');
    expect(await codeOf(table.read(walk.id, undefined))).toBe('transaction.other_browser');
    await table.complete(gateway, walk, admitted);
    expect(await codeOf(table.collect(walk.id, newBinding(), check))).toBe('transaction.other_browser');
    expect(await codeOf(table.collect(walk.id, binding, check))).toBe('transaction.expired');
  });

  it('refuses an outcome that the gateway did not seal', async () => {
    const walk = await open();
    await table.complete(stranger, walk, admitted);
    expect(await codeOf(table.collect(walk.id, binding, check))).toBe('transaction.seal_broken');
  });

  it('refuses a sealed outcome moved from another walk', async () => {
    const [mine, victim] = [await open(), await open()];
    await table.complete(gateway, mine, admitted);
    const sealed: unknown = JSON.parse((await redis.get(`sign-in:${mine.id}`)) ?? '');
    const moved = { ...(sealed as object), transaction: victim };
    await redis.set(`sign-in:${victim.id}`, JSON.stringify(moved));
    expect(await codeOf(table.collect(victim.id, binding, check))).toBe('transaction.seal_broken');
  });

  it('refuses every outcome with a flipped bit', async () => {
    const walk = await open();
    await table.complete(gateway, walk, admitted);
    const record = (await redis.get(`sign-in:${walk.id}`)) ?? '';
    const { outcome } = JSON.parse(record) as { outcome: string };
    for (let index = 0; index < outcome.length; index += 7) {
      const flipped = outcome[index] === 'A' ? 'B' : 'A';
      const altered = outcome.slice(0, index) + flipped + outcome.slice(index + 1);
      await redis.set(`sign-in:${walk.id}`, JSON.stringify({ transaction: walk, outcome: altered }));
      expect(['transaction.seal_broken', 'transaction.expired']).toContain(
        await codeOf(table.collect(walk.id, binding, check)),
      );
    }
  });

  it('has no outcome before the gateway completes it, and none after it ran out of time', async () => {
    const walk = await open();
    expect(await codeOf(table.collect(walk.id, binding, check))).toBe('transaction.not_completed');
    const late = await open();
    await table.complete(gateway, late, admitted);
    clock.advance(61);
    expect(await codeOf(table.collect(late.id, binding, check))).toBe('transaction.expired');
  });

  it('lives no longer than a walk may take', async () => {
    const walk = await open();
    expect(await redis.ttl(`sign-in:${walk.id}`)).toBeLessThanOrEqual(WALK_SECONDS);
    await redis.del(`sign-in:${walk.id}`);
    expect(await codeOf(table.complete(gateway, walk, admitted))).toBe('transaction.expired');
  });

  it.each(['', '../x', 'a'.repeat(200), 'sign-in:*', '\u0000'])('knows no transaction called %j', async (id) => {
    expect(await codeOf(table.read(id, binding))).toBe('transaction.expired');
  });

  describe('a message that may be used once', () => {
    it('is claimed by exactly one of a hundred', async () => {
      const guards = [new ReplayGuard(redis, clock.now), new ReplayGuard(redis, clock.now)];
      const until = new Date(clock.now().getTime() + 60_000);
      const claims = await Promise.all(
        Array.from({ length: 50 }).flatMap(() => guards.map((guard) => guard.claim('us_1', 'message', until))),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    it('may be used after all when the first use was given back', async () => {
      const guard = new ReplayGuard(redis, clock.now);
      const until = new Date(clock.now().getTime() + 60_000);
      expect(await guard.claim('us_1', 'given back', until)).toBe(true);
      expect(await guard.claim('us_1', 'given back', until)).toBe(false);
      await guard.release('us_1', 'given back');
      expect(await guard.claim('us_1', 'given back', until)).toBe(true);
    });

    it('may be used at two usersources, which are different messages', async () => {
      const guard = new ReplayGuard(redis, clock.now);
      const until = new Date(clock.now().getTime() + 60_000);
      expect(await guard.claim('us_2', 'same', until)).toBe(true);
      expect(await guard.claim('us_3', 'same', until)).toBe(true);
    });

    it('shows the result of its first use to the same browser only', async () => {
      const guard = new ReplayGuard(redis, clock.now);
      await guard.leaveResult('us_1', 'message', binding, 'the session');
      expect(await guard.ownResult('us_1', 'message', binding)).toBe('the session');
      expect(await guard.ownResult('us_1', 'message', newBinding())).toBeUndefined();
    });
  });
});
