import { Redis } from 'ioredis';
import { createLogger, sealFrame, ServiceIdentity, signatureChecker } from '@passbroker/platform';
import { findServer, startEmbeddedRedisForTest, startRealRedis } from '@passbroker/testing';
import { consumeEnded, EndedAnnouncements, type EndedSession } from './ended.js';

const now = () => new Date();
const gateway = new ServiceIdentity('gateway', 'the gateway of a test, which nobody else has to know');
const mallory = new ServiceIdentity('gateway', 'somebody who can write to Redis and has no key of ours');
const check = signatureChecker(gateway.publicKeys);
const ONE = { brand: 'br_one', account: 'acc_ann', session: 's1' };

let stop: () => Promise<unknown>;
let url: string;
let redis: Redis;
const workers: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  const server = await (findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest());
  url = server.url;
  redis = new Redis(url);
  stop = async () => {
    redis.disconnect();
    await server.stop();
  };
});
afterAll(() => stop());
beforeEach(() => redis.flushall());
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

const announce = (sessions: EndedSession[], by = gateway) =>
  redis.xadd(...new EndedAnnouncements({ identity: by, now }).entry(sessions));
function minter(tell: (ended: EndedSession) => Promise<void>) {
  workers.push(
    consumeEnded({
      ...{ redis, blocking: new Redis(url), now, tell, claimMs: 50 },
      check: (from, bytes, signature) => from === 'gateway' && check(bytes, signature),
      log: createLogger('minter', 'silent'),
    }),
  );
}
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 8_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (await holds()) return;
  }
  throw new Error('it did not happen');
}
const left = () => redis.xlen('bus:ended');

describe('the end of a session, announced', () => {
  it('reaches one minter of two, also when it was said before any came', async () => {
    const heard: string[] = [];
    await announce([ONE, { ...ONE, session: 's2' }]);
    minter(async ({ session }) => void heard.push(session));
    minter(async ({ session }) => void heard.push(session));
    await until(() => heard.length === 2);
    await announce([{ ...ONE, session: 's3' }]);
    await until(async () => (await left()) === 0);
    expect(heard.sort()).toEqual(['s1', 's2', 's3']);
  });

  it('comes again when it could not be told of', async () => {
    let tries = 0;
    minter(async () => {
      tries += 1;
      if (tries === 1) throw new Error('the catalog is away');
    });
    await announce([ONE]);
    await until(async () => tries === 2 && (await left()) === 0);
  });

  it('BUS-003, BUS-007: is believed of nobody but the gateway, and not when it is late or meant for something else', async () => {
    const heard: string[] = [];
    minter(async ({ session }) => void heard.push(session));
    await announce([{ ...ONE, session: 'forged' }], mallory);
    const frames = [
      sealFrame(gateway, 'ended', [{ ...ONE, session: 'late' }], new Date(Date.now() - 60_000)),
      sealFrame(gateway, 'news', [{ ...ONE, session: 'other purpose' }], new Date(Date.now() + 60_000)),
      sealFrame(gateway, 'ended', { not: 'a list' }, new Date(Date.now() + 60_000)),
      'nonsense',
    ];
    for (const frame of frames) await redis.xadd('bus:ended', '*', 'frame', frame);
    await announce([{ ...ONE, session: 'true' }]);
    await until(async () => (await left()) === 0);
    expect(heard).toEqual(['true']);
  });
});
