import { z } from 'zod';
import { RedisScript, type Redis } from '@passbroker/platform';
import { trialShape } from '../trials/trials.js';
import { WALK_SECONDS } from '@passbroker/sign-in';

/** Where a sign-in leads when it is done: back to an application, or to a page of ours. */
export type Destination = { transaction: string } | { returnTo: string };

export const destinationShape = z.union([z.object({ transaction: z.string() }), z.object({ returnTo: z.string() })]);

const walkShape = z.object({
  to: destinationShape,
  carry: z.record(z.string(), z.string()),
  /** What the upstream gives back with its answer, where it gives something back: which tab's answer this is. */
  state: z.string().optional(),
  /** The usersource was asked on the way to this page, without a word (background SSO, `prompt=none`). */
  passing: z.string().optional(),
  /** Somebody links the usersource to the account they are signed in to, in that session. */
  link: z.object({ account: z.string(), session: z.string() }).optional(),
  /** Whom the application, or they themselves, expected to come back. */
  hint: z.string().optional(),
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

/** The walk with this state; the newest one where neither the answer nor any walk has one (ARGV: state). */
const TAKE = new RedisScript(`
local anonymous
for _, text in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local state = cjson.decode(text).state
  if state ~= nil and state == ARGV[1] then
    redis.call('LREM', KEYS[1], 1, text)
    return text
  end
  if state == nil and not anonymous then anonymous = text end
end
if ARGV[1] == '' then return redis.call('LPOP', KEYS[1]) end
if anonymous then redis.call('LREM', KEYS[1], 1, anonymous) end
return anonymous or false`);

const keyOf = (usersource: string, binding: string): string => `walk:${usersource}:${binding}`;

/**
 * Who is on their way to a usersource, by browser. Where the upstream gives a state back, it tells the tabs apart.
 * Multipass brings none, so the newest walk of this browser to this usersource is the one that returns; an earlier
 * tab finds its own when it comes back later.
 */
export class Walks {
  constructor(private readonly redis: Redis) {}

  async remember(usersource: string, binding: string, walk: Walk): Promise<void> {
    await REMEMBER.run(this.redis, [keyOf(usersource, binding)], [JSON.stringify(walk), TABS - 1, WALK_SECONDS]);
  }

  /** Takes it, so that it is walked once. */
  async take(usersource: string, binding: string, state: string | undefined): Promise<Walk | undefined> {
    const text = await TAKE.run(this.redis, [keyOf(usersource, binding)], [state ?? '']);
    if (typeof text !== 'string') return undefined;
    try {
      return walkShape.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }
}
