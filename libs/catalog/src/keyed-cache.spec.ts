import { Refusal } from '@passbroker/model';
import { KeyedCache } from './keyed-cache.js';

interface Thing {
  id: string;
  name: string;
}

const cacheOf = (capacity = 3, now = () => 0) =>
  new KeyedCache<Thing>({ capacity, now, outage: { until: 0 }, idsOf: (thing) => [thing.id] });

/** A load that answers when it is told to. */
function held(): { load: () => Promise<Thing | undefined>; answer: (thing: Thing) => void } {
  let answer: (thing: Thing) => void = () => undefined;
  const promise = new Promise<Thing>((resolve) => (answer = resolve));
  return { load: () => promise, answer: (thing) => answer(thing) };
}

const thing = (id: string, name = id): Thing => ({ id, name });
const never = () => Promise.reject(new Error('must not be asked'));

describe('the keyed cache', () => {
  it('keeps the most recently used and no more than it may', async () => {
    const cache = cacheOf(2);
    await cache.get('a', async () => thing('a'));
    await cache.get('b', async () => thing('b'));
    await cache.get('a', never);
    await cache.get('c', async () => thing('c'));
    expect(await cache.get('a', never)).toEqual(thing('a'));
    expect(await cache.get('b', async () => thing('b', 'read again'))).toEqual(thing('b', 'read again'));
  });

  it('does not keep what was being read when it changed', async () => {
    const cache = cacheOf();
    const old = held();
    const asked = cache.get('a', old.load);
    cache.forget('a');
    const fresh = cache.get('a', async () => thing('a', 'new'));
    old.answer(thing('a', 'old'));
    expect((await asked)?.name).toBe('old');
    expect((await fresh)?.name).toBe('new');
    expect((await cache.get('a', never))?.name).toBe('new');
  });

  it('forgets a record under every key it was found by', async () => {
    const cache = cacheOf();
    await cache.get('id:a', async () => thing('a'));
    await cache.get('slug:a', async () => thing('a'));
    cache.forget('a');
    const renamed = async () => thing('a', 'renamed');
    expect((await cache.get('id:a', renamed))?.name).toBe('renamed');
    expect((await cache.get('slug:a', renamed))?.name).toBe('renamed');
  });

  it('serves the last good value when it cannot read, and not when it reads that there is none', async () => {
    let now = 0;
    const cache = cacheOf(3, () => now);
    await cache.get('a', async () => thing('a'));
    cache.forget('a');
    const away = () => Promise.reject(new Refusal('service.unavailable', 'away'));
    expect(await cache.get('a', away)).toEqual(thing('a'));
    // For a moment it does not even try.
    expect(await cache.get('a', never)).toEqual(thing('a'));
    now = 1_000;
    await expect(cache.get('a', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
    expect(await cache.get('a', async () => undefined)).toBeUndefined();
    await expect(cacheOf().get('a', away)).rejects.toThrow(Refusal);
  });

  it('does not ask for names longer than any record has', async () => {
    expect(await cacheOf().get('x'.repeat(301), never)).toBeUndefined();
  });
});
