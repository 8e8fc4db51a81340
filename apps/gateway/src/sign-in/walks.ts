import { z } from 'zod';
import type { Redis } from '@passbroker/platform';
import { WALK_SECONDS } from '@passbroker/sign-in';

/** Where a sign-in leads when it is done: back to an application, or to a page of ours. */
export type Destination = { transaction: string } | { returnTo: string };

const walkShape = z.object({
  to: z.union([z.object({ transaction: z.string() }), z.object({ returnTo: z.string() })]),
  carry: z.record(z.string(), z.string()),
});
export type Walk = z.infer<typeof walkShape>;

/** Tabs of one browser that may be on their way to one usersource at once. */
const TABS = 5;

const keyOf = (usersource: string, binding: string): string => `walk:${usersource}:${binding}`;

/**
 * Who is on their way to a usersource, by browser. Multipass brings no state back, so the newest walk of this
 * browser to this usersource is the one that returns; an earlier tab finds its own when it comes back later.
 */
export class Walks {
  constructor(private readonly redis: Redis) {}

  async remember(usersource: string, binding: string, walk: Walk): Promise<void> {
    const key = keyOf(usersource, binding);
    await this.redis
      .multi()
      .lpush(key, JSON.stringify(walk))
      .ltrim(key, 0, TABS - 1)
      .expire(key, WALK_SECONDS)
      .exec();
  }

  /** Takes it, so that it is walked once. */
  async take(usersource: string, binding: string): Promise<Walk | undefined> {
    const text = await this.redis.lpop(keyOf(usersource, binding));
    if (text === null) return undefined;
    try {
      return walkShape.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }
}
