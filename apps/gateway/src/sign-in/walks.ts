import { z } from 'zod';
import { RedisScript, type Redis } from '@passbroker/platform';
import { trialShape } from '../trials/trials.js';
import { WALK_SECONDS } from '@passbroker/sign-in';

/** Where a sign-in leads when it is done: back to an application, or to a page of ours. */
export type Destination = { transaction: string } | { returnTo: string };

const walkShape = z.object({
  to: z.union([z.object({ transaction: z.string() }), z.object({ returnTo: z.string() })]),
  carry: z.record(z.string(), z.string()),
  /** The usersource was asked on the way to this page, without a word (background SSO, `prompt=none`). */
  passing: z.string().optional(),
  /** Somebody links the usersource to the account they are signed in to, in that session. */
  link: z.object({ account: z.string(), session: z.string() }).optional(),
  /** An admin tries the settings: nobody is signed in by it. */
  trial: trialShape.optional(),
});
export type Walk = z.infer<typeof walkShape>;

/** Tabs of one browser that may be on their way to one usersource at once. */
const TABS = 5;

const REMEMBER = new RedisScript(`
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])`);

const keyOf = (usersource: string, binding: string): string => `walk:${usersource}:${binding}`;

/**
 * Who is on their way to a usersource, by browser. Multipass brings no state back, so the newest walk of this
 * browser to this usersource is the one that returns; an earlier tab finds its own when it comes back later.
 */
export class Walks {
  constructor(private readonly redis: Redis) {}

  async remember(usersource: string, binding: string, walk: Walk): Promise<void> {
    await REMEMBER.run(this.redis, [keyOf(usersource, binding)], [JSON.stringify(walk), TABS - 1, WALK_SECONDS]);
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
