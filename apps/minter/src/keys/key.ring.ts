import type { KeyObject } from 'node:crypto';
import type { StoredTokenKey, TokenKeyStore } from '@passbroker/catalog';
import { Refusal } from '@passbroker/model';
import type { Clock, ServiceIdentity } from '@passbroker/platform';
import type { PublishedKey, SigningAlgorithm, SigningKeys } from '@passbroker/protocols';
import { newTokenKey, openPrivate, publicHalf, signWith } from './token-key.js';

export const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256'];

const ORDER = { current: 0, next: 1, retired: 2 };

/**
 * The keys of every brand. Private halves live here and nowhere else, and only of keys that sign now: those
 * of next and retired keys stay sealed.
 */
export class KeyRing {
  private readonly brands = new Map<string, Promise<SigningKeys>>();

  constructor(private readonly parts: { store: TokenKeyStore; identity: ServiceIdentity; now: Clock }) {}

  /** A brand's keys as they are; made when the brand needs them for the first time. The same object until they change. */
  keysOf(brand: string): Promise<SigningKeys> {
    const known = this.brands.get(brand);
    if (known) return known;
    const loading = this.load(brand);
    this.brands.set(brand, loading);
    // What could not be loaded is tried again by the next who asks.
    loading.catch(() => this.brands.get(brand) === loading && this.brands.delete(brand));
    return loading;
  }

  /** The brands whose keys this replica uses, and so looks after. */
  inUse(): string[] {
    return [...this.brands.keys()];
  }

  /**
   * After news of a change: the brands in use are looked up again, one look after the other, and keep their
   * keys while the store is away. A brand whose keys are what they were keeps the very object.
   */
  refresh(): Promise<void> {
    this.looking = this.looking.then(async () => {
      await Promise.allSettled([...this.brands.keys()].map((brand) => this.look(brand)));
    });
    return this.looking;
  }

  private looking: Promise<void> = Promise.resolve();

  private async look(brand: string): Promise<void> {
    const [before, after] = [await this.keysOf(brand), await this.load(brand)];
    if (namesOf(before) !== namesOf(after)) this.brands.set(brand, Promise.resolve(after));
  }

  private async load(brand: string): Promise<SigningKeys> {
    const stored = await this.parts.store.all(brand);
    const keys = ALGORITHMS.every((alg) => currentOf(stored, alg)) ? stored : await this.found(brand);
    return BrandKeys.open(this.parts.identity, keys);
  }

  /** The first keys of a brand: the replica that comes second finds those of the first. */
  private found(brand: string): Promise<StoredTokenKey[]> {
    const { store, identity, now } = this.parts;
    return store.exclusively(brand, async () => {
      const stored = await store.all(brand);
      for (const alg of ALGORITHMS) {
        if (currentOf(stored, alg)) continue;
        for (const state of ['current', 'next'] as const) {
          await store.add(await newTokenKey(identity, brand, alg, state, now()));
        }
      }
      return store.all(brand);
    });
  }
}

/** In the middle of a rotation there may be two: the one activated last. */
export function currentOf(keys: readonly StoredTokenKey[], alg: SigningAlgorithm): StoredTokenKey | undefined {
  return keys
    .filter((key) => key.alg === alg && key.state === 'current')
    .sort((one, other) => (other.activatedAt?.getTime() ?? 0) - (one.activatedAt?.getTime() ?? 0))[0];
}

const namesOf = (keys: SigningKeys): string =>
  keys
    .published()
    .map(({ kid, state }) => `${kid} ${state}`)
    .join();

class BrandKeys implements SigningKeys {
  readonly #signing: ReadonlyMap<string, KeyObject>;
  readonly #published: readonly PublishedKey[];

  private constructor(signing: ReadonlyMap<string, KeyObject>, published: readonly PublishedKey[]) {
    this.#signing = signing;
    this.#published = published;
  }

  static async open(identity: ServiceIdentity, stored: readonly StoredTokenKey[]): Promise<BrandKeys> {
    const signing = new Map<string, KeyObject>();
    for (const alg of ALGORITHMS) {
      const current = currentOf(stored, alg);
      if (current) signing.set(current.kid, await openPrivate(identity, current));
    }
    const published = stored
      .map((key): PublishedKey => {
        const superseded = key.state === 'current' && !signing.has(key.kid);
        return { kid: key.kid, alg: key.alg, state: superseded ? 'retired' : key.state, jwk: publicHalf(key) };
      })
      .sort((one, other) => one.alg.localeCompare(other.alg) || ORDER[one.state] - ORDER[other.state]);
    return new BrandKeys(signing, published);
  }

  async sign(alg: SigningAlgorithm, kid: string, bytes: Uint8Array): Promise<Uint8Array> {
    const key = this.#signing.get(kid);
    if (!key) throw new Refusal('secret.unreadable', `the key ${kid} does not sign`);
    return signWith(alg, key, bytes);
  }

  published(): readonly PublishedKey[] {
    return this.#published;
  }
}
