import type { Redis } from '@passbroker/platform';

const MOST = 5;
const WINDOW_SEC = 15 * 60;

/** Written down before the code is looked at, so that a hundred at once are a hundred tries (PWD-019). */
const RESERVE = `
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
if n <= tonumber(ARGV[1]) then return 0 end
return redis.call('PTTL', KEYS[1])`;

const keyOf = (account: string): string => `second-factor-tries:${account}`;

/** Codes are short. Only who has given the first proof gets to guess, so counting by account locks no stranger in. */
export class SecondFactorTries {
  constructor(private readonly redis: Redis) {}

  /** Milliseconds to wait; 0 lets the try through and counts it. */
  async reserve(account: string): Promise<number> {
    return Number(await this.redis.eval(RESERVE, 1, keyOf(account), MOST, WINDOW_SEC));
  }

  async forgive(account: string): Promise<void> {
    await this.redis.del(keyOf(account));
  }
}
