import { Refusal } from '@passbroker/model';

const ABSENT_MS = 1_000;
const PAUSE_MS = 1_000;
const LONGEST_KEY = 300;

/** Shared by the caches of one process: after a failed read the last good values serve at once for a moment. */
export interface Outage {
  until: number;
}

export interface KeyedCacheOptions<Value> {
  capacity: number;
  now: () => number;
  outage: Outage;
  /** The ids whose change makes this value old. */
  idsOf: (value: Value) => readonly string[];
}

interface Kept<Value> {
  value: Value;
  fresh: boolean;
}

const away = (error: unknown): boolean => error instanceof Refusal && error.code === 'service.unavailable';

/**
 * Values by key, least recently used first out. A forgotten value is kept as the last good one, for the time in
 * which the database cannot be asked. Concurrent asks for one key are one load.
 */
export class KeyedCache<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #keysOf = new Map<string, Set<string>>();
  readonly #absent = new Map<string, number>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();

  constructor(private readonly options: KeyedCacheOptions<Value>) {}

  async get(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    // No record has such a name, and nobody shall fill our memory with them.
    if (key.length > LONGEST_KEY) return undefined;
    const kept = this.#kept.get(key);
    // Who was asked for last matters once there is somebody to be dropped.
    if (kept?.fresh) return this.#kept.size * 2 < this.options.capacity ? kept.value : this.#touch(key, kept);
    const now = this.options.now();
    if ((this.#absent.get(key) ?? 0) > now) return undefined;
    if (kept && this.options.outage.until > now) return kept.value;
    return this.#loading.get(key) ?? this.#load(key, load);
  }

  values(): Value[] {
    return Array.from(this.#kept.values(), (kept) => kept.value);
  }

  /** What is being read at this moment may be from before the change: its askers get it, but it is old at once. */
  forget(id: string): void {
    this.#loading.clear();
    this.#absent.clear();
    for (const key of this.#keysOf.get(id) ?? []) this.#age(key);
  }

  forgetAll(): void {
    this.#loading.clear();
    this.#absent.clear();
    for (const key of this.#kept.keys()) this.#age(key);
  }

  #age(key: string): void {
    const kept = this.#kept.get(key);
    if (kept) kept.fresh = false;
  }

  #touch(key: string, kept: Kept<Value>): Value {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.value;
  }

  #load(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const loading: Promise<Value | undefined> = load().then(
      (value) => {
        if (this.#loading.get(key) === loading) this.#settle(key, value);
        else if (value !== undefined && !this.#kept.has(key)) this.#keep(key, { value, fresh: false });
        return value;
      },
      (error: unknown) => {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
        return this.#lastGood(key, error);
      },
    );
    this.#loading.set(key, loading);
    return loading;
  }

  #settle(key: string, value: Value | undefined): void {
    this.#loading.delete(key);
    this.#drop(key);
    if (value === undefined) {
      if (this.#absent.size >= this.options.capacity) this.#absent.clear();
      this.#absent.set(key, this.options.now() + ABSENT_MS);
      return;
    }
    this.#keep(key, { value, fresh: true });
  }

  #keep(key: string, kept: Kept<Value>): void {
    this.#kept.set(key, kept);
    for (const id of this.options.idsOf(kept.value)) {
      const keys = this.#keysOf.get(id);
      if (keys) keys.add(key);
      else this.#keysOf.set(id, new Set([key]));
    }
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > this.options.capacity && !oldest.done) this.#drop(oldest.value);
  }

  #lastGood(key: string, error: unknown): Value {
    const kept = this.#kept.get(key);
    if (away(error)) this.options.outage.until = this.options.now() + PAUSE_MS;
    if (kept && away(error)) return kept.value;
    throw error;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    for (const id of this.options.idsOf(kept.value)) {
      const keys = this.#keysOf.get(id);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOf.delete(id);
    }
  }
}
