import { Redis } from 'ioredis';
import { OidcStorage } from './oidc.storage.js';

/** Redis that answers when it is told to. */
class SlowRedis extends Redis {
  readonly asked: string[] = [];
  readonly answers: ((error?: Error) => void)[] = [];

  constructor() {
    super({ lazyConnect: true });
  }

  override sendCommand(command: Parameters<Redis['sendCommand']>[0]): Promise<unknown> {
    this.asked.push(command.name);
    return new Promise((resolve, reject) => {
      this.answers.push((error) => (error ? reject(error) : resolve('OK')));
    });
  }
}

const payload = { kind: 'AccessToken', exp: 1 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what the provider stores while it answers a request', () => {
  const request = {};
  let redis: SlowRedis;
  let storage: OidcStorage;
  beforeEach(() => {
    redis = new SlowRedis();
    storage = new OidcStorage(redis, 'br_1', () => request);
  });

  it('goes out at once, one write after the other, and is waited for before the answer', async () => {
    await storage.adapter('AccessToken').upsert('a', payload, 60);
    await storage.adapter('RefreshToken').upsert('b', payload, 60);
    expect(redis.asked).toEqual(['set', 'set']);
    let written = false;
    const waiting = storage.written(request).then(() => (written = true));
    redis.answers[0]?.();
    await turn();
    expect(written).toBe(false);
    redis.answers[1]?.();
    await waiting;
    expect(written).toBe(true);
  });

  it('fails the answer when it could not be stored', async () => {
    await storage.adapter('AccessToken').upsert('a', payload, 60);
    redis.answers[0]?.(new Error('Connection is closed.'));
    await expect(storage.written(request)).rejects.toMatchObject({ status: 503 });
    await expect(storage.written({})).resolves.toBeUndefined();
  });

  it('is waited for at once where there is no request', async () => {
    const alone = new OidcStorage(redis, 'br_1').adapter('Grant').upsert('g', payload, 60);
    let done = false;
    void alone.then(() => (done = true));
    await turn();
    expect(done).toBe(false);
    redis.answers[0]?.();
    await alone;
  });
});
