import type { StoredTokenKey, TokenKeyStore } from '@passbroker/catalog';
import type { Clock, Logger, ServiceIdentity } from '@passbroker/platform';
import type { SigningAlgorithm } from '@passbroker/protocols';
import { ALGORITHMS, currentOf, type KeyRing } from './key.ring.js';
import { newTokenKey } from './token-key.js';

const DAY_MS = 24 * 3_600_000;
/** Age at which a key stops signing by itself. */
export const ROTATE_AFTER_MS = 90 * DAY_MS;
/** Applications show an id_token as a hint for as long as a session can be refreshed. */
export const PUBLISH_RETIRED_MS = 14 * DAY_MS;

export interface Rotated {
  alg: SigningAlgorithm;
  current: string;
  retired: string | undefined;
}

/**
 * next → current → retired → gone. A key is published long before it signs and long after, so that nobody
 * who caches the key set ever meets a signature by a key unknown to them.
 */
export class KeyRotation {
  constructor(
    private readonly parts: {
      store: TokenKeyStore;
      ring: KeyRing;
      identity: ServiceIdentity;
      now: Clock;
      log: Logger;
    },
  ) {}

  /** @param dueOnly leaves keys alone that are younger than they may become; asked under the lock, so that one replica acts. */
  async rotate(
    brand: string,
    algorithms: readonly SigningAlgorithm[] = ALGORITHMS,
    dueOnly = false,
  ): Promise<Rotated[]> {
    await this.parts.ring.keysOf(brand);
    let removed = 0;
    const rotated = await this.parts.store.exclusively(brand, async () => {
      const done: Rotated[] = [];
      const stored = await this.parts.store.all(brand);
      removed = await this.removeOld(stored);
      for (const alg of algorithms) {
        const current = currentOf(stored, alg);
        if (dueOnly && !this.isDue(current)) continue;
        done.push(await this.turn(brand, alg, stored, current));
      }
      return done;
    });
    if (rotated.length + removed > 0) {
      await this.parts.ring.refresh();
      this.parts.log.info({ brand, kids: rotated.map((key) => key.current) }, 'token keys turned');
    }
    return rotated;
  }

  private isDue(current: StoredTokenKey | undefined): boolean {
    const since = current?.activatedAt ?? current?.createdAt;
    return since !== undefined && this.parts.now().getTime() - since.getTime() >= ROTATE_AFTER_MS;
  }

  /** In this order there is a key to sign with at every moment, whoever looks in between. */
  private async turn(
    brand: string,
    alg: SigningAlgorithm,
    stored: readonly StoredTokenKey[],
    current: StoredTokenKey | undefined,
  ): Promise<Rotated> {
    const { store, identity, now } = this.parts;
    const at = now();
    const waiting = stored.find((key) => key.alg === alg && key.state === 'next');
    const next = waiting ?? (await newTokenKey(identity, brand, alg, 'next', at));
    if (!waiting) await store.add(next);
    await store.setState(next.kid, 'current', at);
    if (current) await store.setState(current.kid, 'retired', at);
    await store.add(await newTokenKey(identity, brand, alg, 'next', at));
    return { alg, current: next.kid, retired: current?.kid };
  }

  private async removeOld(stored: readonly StoredTokenKey[]): Promise<number> {
    const before = this.parts.now().getTime() - PUBLISH_RETIRED_MS;
    const old = stored.filter(
      (key) => key.state === 'retired' && key.retiredAt !== null && key.retiredAt.getTime() < before,
    );
    for (const key of old) await this.parts.store.remove(key.kid);
    return old.length;
  }
}
