import { z } from 'zod';
import { Gauge, type Registry } from 'prom-client';
import type { Clock, Logger, Redis } from '@passbroker/platform';

/** What is known of one usersource, as the admin API reads it. */
export const healthShape = z.object({
  state: z.enum(['ok', 'down']),
  /** When it became what it is, and when that was last seen. ISO 8601. */
  since: z.string(),
  at: z.string(),
  detail: z.string(),
});
export type KnownHealth = z.infer<typeof healthShape>;

const DOWN = 'usersources-down';
/** Longer than from one probe to the next but one: what nobody has seen since then is not known any more. */
export const HEALTH_SECONDS = 180;
const LOOK_MS = 5_000;
/** Longer than a circuit's longest pause and the probe that ends it. */
const OWN_MS = 60_000;
const LONGEST_DETAIL = 300;

interface Parts {
  redis: Redis;
  now: Clock;
  log: Logger;
  metrics?: Registry | undefined;
}

/**
 * Which usersources are down, as all replicas have found together. Decisions read memory only: nobody's sign-in asks
 * Redis for it. The few that are down are looked up every five seconds; one that went down here is known at once.
 */
export class HealthBoard {
  readonly #own = new Map<string, { state: 'ok' | 'down'; at: number }>();
  #shared: ReadonlySet<string> = new Set();
  #version = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #gauge: Gauge;

  constructor(private readonly parts: Parts) {
    this.#gauge = new Gauge({
      name: 'passbroker_usersource_up',
      help: 'Whether a usersource answers: 1 or 0; absent until it was asked',
      labelNames: ['usersource'],
      registers: parts.metrics ? [parts.metrics] : [],
    });
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Counts up whenever an answer of `isDown` may have changed. */
  get version(): number {
    return this.#version;
  }

  isDown(usersource: string): boolean {
    // What this replica has just seen itself counts more than what all of them knew five seconds ago.
    const own = this.#own.get(usersource);
    return own ? own.state === 'down' : this.#shared.has(usersource);
  }

  /** Somebody has just seen it: a circuit that turned, or a probe. Never throws: health is no condition of anything. */
  async report({ id, slug }: { id: string; slug: string }, state: 'ok' | 'down', detail: string): Promise<void> {
    const before = this.#own.get(id)?.state;
    this.#own.set(id, { state, at: this.parts.now().getTime() });
    if (before !== state) {
      this.#version += 1;
      this.parts.log[state === 'down' ? 'warn' : 'info']({ usersource: slug, state, detail }, 'health of a usersource');
    }
    this.#gauge.set({ usersource: slug }, state === 'ok' ? 1 : 0);
    await this.#share(id, state, detail.slice(0, LONGEST_DETAIL)).catch((error: unknown) => this.#silent(error));
  }

  /** It is gone, or it is another one now: nothing is known of it. */
  forget(id: string): void {
    if (this.#own.delete(id)) this.#version += 1;
  }

  /** What other replicas have found; and what was found here so long ago that somebody had better try again. */
  async look(): Promise<void> {
    const stale = this.parts.now().getTime() - OWN_MS;
    for (const [id, { at }] of this.#own) if (at < stale) this.forget(id);
    try {
      const told = await this.parts.redis.hgetall(DOWN);
      const now = this.parts.now().getTime();
      const down = Object.entries(told).filter(([, text]) => now < freshUntil(text));
      const ids = new Set(down.map(([id]) => id));
      const old = Object.keys(told).filter((id) => !ids.has(id));
      if (old.length > 0) await this.parts.redis.hdel(DOWN, ...old);
      if (ids.symmetricDifference(this.#shared).size === 0) return;
      this.#shared = ids;
      this.#version += 1;
    } catch (error) {
      this.#silent(error);
    }
  }

  async #share(id: string, state: 'ok' | 'down', detail: string): Promise<void> {
    const { redis, now } = this.parts;
    const at = now().toISOString();
    const before = parsed(await redis.get(`usersource-health:${id}`));
    const since = before?.state === state ? before.since : at;
    const known: KnownHealth = { state, since, at, detail };
    await redis.set(`usersource-health:${id}`, JSON.stringify(known), 'EX', HEALTH_SECONDS);
    if (state === 'down') await redis.hset(DOWN, id, at);
    else if (before?.state !== 'ok') await redis.hdel(DOWN, id);
  }

  #silent(error: unknown): void {
    this.parts.log.debug({ err: error instanceof Error ? error.message : String(error) }, 'health not shared');
  }
}

const freshUntil = (at: string): number => Date.parse(at) + HEALTH_SECONDS * 1_000;

function parsed(text: string | null): KnownHealth | undefined {
  if (text === null) return undefined;
  try {
    return healthShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
