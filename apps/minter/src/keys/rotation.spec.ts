import { describe, expect, it } from '@jest/globals';
import { createLogger, ServiceIdentity } from '@passbroker/platform';
import { FakeClock } from '@passbroker/testing';
import { MemoryKeyStore } from '../../test/world/catalog.js';
import { KeyRing, KeyRotation } from './index.js';
import { PUBLISH_RETIRED_MS, ROTATE_AFTER_MS } from './rotation.js';

const identity = new ServiceIdentity('minter', 'minter-secret-minter-secret-minter-secret');
const log = createLogger('test', 'silent');
const bytes = Buffer.from('signed');

function replica(store: MemoryKeyStore, clock: FakeClock, who = identity) {
  const ring = new KeyRing({ store, identity: who, now: clock.now });
  return { ring, rotation: new KeyRotation({ store, ring, identity: who, now: clock.now, log }) };
}

describe('the key ring', () => {
  it('makes the keys of a brand once, however many ask at once', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const [one, two] = [replica(store, clock), replica(store, clock)];
    await Promise.all([one.ring.keysOf('br'), two.ring.keysOf('br'), one.ring.keysOf('br')]);
    expect(store.keys.size).toBe(4);
  });

  it('signs with current keys; next and retired ones never', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const { ring, rotation } = replica(store, clock);
    await rotation.rotate('br', ['ES256']);
    const keys = await ring.keysOf('br');
    for (const { alg, kid, state } of keys.published()) {
      const signing = keys.sign(alg, kid, bytes);
      if (state === 'current') expect((await signing).length).toBeGreaterThan(0);
      else await expect(signing).rejects.toMatchObject({ code: 'secret.unreadable' });
    }
    expect(keys.published().map(({ state }) => state)).toEqual(['current', 'next', 'retired', 'current', 'next']);
  });

  it('lets what began with the old keys finish with them', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const { ring, rotation } = replica(store, clock);
    const before = await ring.keysOf('br');
    const kid = before.published()[0]?.kid ?? '';
    await rotation.rotate('br');
    expect((await before.sign('ES256', kid, bytes)).length).toBe(64);
    expect(await ring.keysOf('br')).not.toBe(before);
  });

  it('keeps the very keys when nothing changed', async () => {
    const { ring } = replica(new MemoryKeyStore(), new FakeClock());
    const before = await ring.keysOf('br');
    await ring.refresh();
    expect(await ring.keysOf('br')).toBe(before);
  });

  it('cannot be opened by another service', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    await replica(store, clock).ring.keysOf('br');
    const gateway = new ServiceIdentity('gateway', 'gateway-secret-gateway-secret-gateway');
    await expect(replica(store, clock, gateway).ring.keysOf('br')).rejects.toMatchObject({ code: 'secret.unreadable' });
  });

  it('is tried again after the store was away', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const { ring } = replica(store, clock);
    const all = store.all.bind(store);
    store.all = () => Promise.reject(new Error('away'));
    await expect(ring.keysOf('br')).rejects.toThrow('away');
    store.all = all;
    expect((await ring.keysOf('br')).published()).toHaveLength(4);
  });
});

describe('rotation by age', () => {
  it('turns a key at 90 days, once, whichever replica looks first', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const [one, two] = [replica(store, clock), replica(store, clock)];
    await one.ring.keysOf('br');
    clock.advance(ROTATE_AFTER_MS / 1_000 - 1);
    expect(await one.rotation.rotate('br', undefined, true)).toEqual([]);
    clock.advance(1);
    const turned = await Promise.all([one, two].map(({ rotation }) => rotation.rotate('br', undefined, true)));
    expect(turned.flat()).toHaveLength(2);
  });

  it('OIDC-OP-071: publishes a retired key as long as its tokens may come back, and no longer', async () => {
    const [store, clock] = [new MemoryKeyStore(), new FakeClock()];
    const { ring, rotation } = replica(store, clock);
    const retired = (await ring.keysOf('br')).published()[0]?.kid;
    await rotation.rotate('br', ['ES256']);
    const still = async () => (await ring.keysOf('br')).published().some(({ kid }) => kid === retired);
    clock.advance(PUBLISH_RETIRED_MS / 1_000);
    await rotation.rotate('br', undefined, true);
    expect(await still()).toBe(true);
    clock.advance(1);
    await rotation.rotate('br', undefined, true);
    expect(await still()).toBe(false);
  });
});
