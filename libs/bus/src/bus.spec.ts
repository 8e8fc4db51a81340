import { Redis } from 'ioredis';
import { pino } from 'pino';
import type { AuditEvent, CatalogChange } from '@passbroker/model';
import { sealFrame, ServiceIdentity } from '@passbroker/platform';
import { FakeClock, startEmbeddedRedisForTest } from '@passbroker/testing';
import { AuditTrail, answerQuestions, consumeAudit, News, Questions, SignatureBook } from './index.js';

const log = pino({ level: 'silent' });
const identities = {
  gateway: new ServiceIdentity('gateway', 'gateway secret of at least thirty-two bytes'),
  minter: new ServiceIdentity('minter', 'minter secret of at least thirty-two bytes!'),
  admin: new ServiceIdentity('admin', 'admin secret of at least thirty-two bytes!!'),
};
const impostor = new ServiceIdentity('admin', 'has the Redis password but not the secret..');

const until = async (condition: () => boolean, ms = 3_000): Promise<void> => {
  const end = Date.now() + ms;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('the bus', () => {
  const clock = new FakeClock();
  const book = new SignatureBook(async (service) => identities[service].publicKeys);
  const connections: Redis[] = [];
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;

  const connect = (): Redis => {
    const connection = new Redis(server.url, { maxRetriesPerRequest: null });
    connections.push(connection);
    return connection;
  };

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = connect();
    await book.refresh();
  });
  afterAll(async () => {
    for (const connection of connections) connection.disconnect();
    await server.stop();
  });

  const parts = (identity: ServiceIdentity) => ({
    redis,
    subscriber: connect(),
    identity,
    check: book.check,
    book,
    now: clock.now,
    log,
  });

  describe('news', () => {
    const change: CatalogChange = { revision: 7, kind: 'usersource', id: 'us_1' };

    const listen = async (): Promise<CatalogChange[]> => {
      const heard: CatalogChange[] = [];
      const news = new News(parts(identities.gateway));
      news.onChange((item) => heard.push(item));
      await news.start();
      return heard;
    };

    it('reaches every replica', async () => {
      const replicas = await Promise.all([listen(), listen()]);
      await new News(parts(identities.admin)).announce(change);
      await until(() => replicas.every((heard) => heard.length > 0));
      expect(replicas).toEqual([[change], [change]]);
    });

    it('is believed of nobody who only has the Redis password', async () => {
      const heard = await listen();
      await new News(parts(impostor)).announce(change);
      await redis.publish('bus:news', JSON.stringify({ from: 'admin', frame: 'x.y' }));
      await redis.publish('bus:news', '{"__proto__":{"from":"admin"}}');
      await redis.publish('bus:news', 'not even json');
      await new News(parts(identities.admin)).announce({ ...change, revision: 8 });
      await until(() => heard.length > 0);
      expect(heard).toEqual([{ ...change, revision: 8 }]);
    });

    it('is heard once, however often it is repeated, and not at all when it is late', async () => {
      const heard = await listen();
      const spy = connect();
      const frames: string[] = [];
      spy.on('message', (_channel: string, message: string) => frames.push(message));
      await spy.subscribe('bus:news');
      await new News(parts(identities.admin)).announce(change);
      await until(() => heard.length > 0 && frames.length > 0);
      await redis.publish('bus:news', frames[0] ?? '');
      clock.advance(31);
      const other = await listen();
      await redis.publish('bus:news', frames[0] ?? '');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(heard).toHaveLength(1);
      expect(other).toHaveLength(0);
    });
  });

  describe('questions', () => {
    const stops: (() => Promise<void>)[] = [];
    afterEach(async () => {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    });

    const answer = (handlers: Parameters<typeof answerQuestions>[0]['handlers']): void => {
      const answering = answerQuestions({
        redis,
        blocking: connect(),
        identity: identities.minter,
        from: 'admin',
        check: book.check,
        now: clock.now,
        log,
        handlers,
      });
      stops.push(() => answering.stop());
    };

    const asker = async (identity = identities.admin): Promise<Questions> => {
      const questions = new Questions(parts(identity));
      await questions.start();
      return questions;
    };

    it('are worked on by exactly one of two replicas', async () => {
      let worked = 0;
      const handler = async (body: unknown): Promise<unknown> => {
        worked += 1;
        return { echoed: body };
      };
      answer({ echo: handler });
      answer({ echo: handler });
      const questions = await asker();
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => questions.ask('minter', 'echo', n)));
      expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => ({ echoed: n })));
      expect(worked).toBe(20);
    });

    it('come back with the other service’s refusal', async () => {
      answer({});
      await expect((await asker()).ask('minter', 'toString', {})).rejects.toMatchObject({ code: 'request.malformed' });
    });

    it('of an impostor are not answered', async () => {
      let worked = 0;
      answer({ mint: async () => (worked += 1) });
      await expect((await asker(impostor)).ask('minter', 'mint', {}, 300)).rejects.toMatchObject({
        code: 'bus.no_answer',
      });
      expect(worked).toBe(0);
      await expect((await asker()).ask('minter', 'mint', {})).resolves.toBe(1);
    });

    it('are refused when they are late or repeated', async () => {
      let worked = 0;
      const questions = await asker();
      const nobody = questions.ask('minter', 'count', {}, 200);
      const [entry] = await redis.xrange('bus:questions:minter', '-', '+');
      await expect(nobody).rejects.toMatchObject({ code: 'bus.no_answer' });
      answer({ count: async () => (worked += 1) });
      await until(() => worked > 0, 500);
      expect(worked).toBe(1);
      await redis.xadd('bus:questions:minter', '*', ...(entry?.[1] ?? []));
      clock.advance(60);
      await redis.xadd('bus:questions:minter', '*', ...(entry?.[1] ?? []));
      await expect(questions.ask('minter', 'count', {})).resolves.toBe(2);
    });
  });

  describe('the audit', () => {
    const event = (code: string): Omit<AuditEvent, 'id' | 'at'> => ({
      action: 'sign_in.refused',
      outcome: { result: 'refused', code },
      targets: [],
      context: { service: 'gateway' },
    });
    const trailOf = (identity: ServiceIdentity) => new AuditTrail({ redis, identity, now: clock.now, log });
    const told = (from: string, frame: string) => redis.xadd('bus:audit', '*', 'from', from, 'frame', frame);
    const soon = () => new Date(clock.now().getTime() + 60_000);
    const consume = (known = book, claimMs = 10_000) => {
      const stored: string[] = [];
      const consumer = consumeAudit({
        ...{ redis: connect(), book: known, now: clock.now, log, claimMs },
        store: async (events) => void stored.push(...events.map(({ outcome }) => outcome.code)),
      });
      return { stored, consumer };
    };

    it('ADM-018, BUS-003: takes no event from somebody who only has the Redis password', async () => {
      const forged = { id: 'ev_forged', at: clock.now().toISOString(), ...event('forged') };
      const frameOf = (identity: ServiceIdentity, type = 'audit', events: unknown = [forged]) =>
        sealFrame(identity, type, events, soon());
      const good = frameOf(identities.gateway, 'audit', [{ ...forged, id: 'ev_good', ...event('good') }]);
      const cut = good.indexOf('.');
      await redis.xadd('bus:audit', '*', 'event', JSON.stringify(forged));
      await told('gateway', JSON.stringify([forged]));
      await told('admin', frameOf(impostor));
      await told('gateway', frameOf(impostor));
      await told('toString', frameOf(identities.gateway));
      // Made for another purpose, in another service’s name, altered, no events, and too late.
      await told('gateway', frameOf(identities.gateway, 'news'));
      await told('minter', frameOf(identities.minter));
      await told('gateway', `${good.slice(0, 40)}${good[40] === 'A' ? 'B' : 'A'}${good.slice(41)}`);
      await told('gateway', `${good.slice(0, cut)}.${'A'.repeat(86)}`);
      await told('gateway', frameOf(identities.gateway, 'audit', [{ ...forged, at: 'once upon a time' }]));
      await told('gateway', frameOf(identities.gateway, 'audit', JSON.parse('{"__proto__":[]}')));
      await told('gateway', sealFrame(identities.gateway, 'audit', [forged], new Date(clock.now().getTime() - 1)));
      await told('gateway', good);
      const { stored, consumer } = consume();
      await until(() => stored.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await consumer.stop();
      expect(stored).toEqual(['good']);
      expect(await redis.xlen('bus:audit')).toBe(0);
    });

    it('keeps what a service says that it does not know yet, until it does', async () => {
      const young = new SignatureBook(async (service) =>
        service === 'minter' ? undefined : identities[service].publicKeys,
      );
      await young.refresh();
      const mine = trailOf(identities.minter);
      mine.record({ ...event('early'), context: { service: 'minter' } });
      await mine.flush();
      const theirs = trailOf(identities.gateway);
      theirs.record(event('known'));
      await theirs.flush();
      const before = consume(young);
      await until(() => before.stored.length > 0);
      await before.consumer.stop();
      expect(before.stored).toEqual(['known']);
      const after = consume(book, 1);
      await until(() => after.stored.length > 0);
      await after.consumer.stop();
      expect(after.stored).toEqual(['early']);
    });

    it('leaves at once when little happens, and many under one signature when much does', async () => {
      await redis.del('bus:audit');
      const trail = trailOf(identities.gateway);
      const since = performance.now();
      trail.record(event('alone'));
      await trail.flush();
      expect(performance.now() - since).toBeLessThan(20);
      const turns = 60;
      for (let turn = 0; turn < turns; turn += 1) {
        trail.record(event(`turn.${turn}`));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await trail.flush();
      const frames = await redis.xlen('bus:audit');
      expect(frames).toBeLessThan(turns / 3);
      const { stored, consumer } = consume();
      await until(() => stored.length > turns);
      await consumer.stop();
      expect(stored).toEqual(['alone', ...Array.from({ length: turns }, (_, turn) => `turn.${turn}`)]);
    });

    it('stores every event once, in order, although the store failed in between', async () => {
      const trail = trailOf(identities.gateway);
      const stored = new Map<string, AuditEvent>();
      let failures = 1;
      for (let n = 0; n < 250; n += 1) trail.record(event(`code.${n}`));
      await trail.flush();
      const consumer = consumeAudit({
        ...{ redis: connect(), book, now: clock.now, log },
        store: async (events) => {
          for (const item of events) stored.set(item.id, item);
          if (failures-- > 0) throw new Error('the database was away');
        },
      });
      await until(() => stored.size === 250, 15_000);
      await consumer.stop();
      expect([...stored.values()].map((item) => item.outcome.code)).toEqual(
        Array.from({ length: 250 }, (_, n) => `code.${n}`),
      );
    });
  });
});
