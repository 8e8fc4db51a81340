import type { Redis } from '@passbroker/platform';

const MOST = 10;
const WINDOW_SEC = 15 * 60;

const RESERVE = `
local tries = redis.call('INCR', KEYS[1])
if tries == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return tries`;

/**
 * By address only: a limit for all would let a stranger keep the last way in shut. Nobody guesses 256 bits, so
 * this is for the log and the database.
 */
export class RecoveryTries {
  constructor(private readonly redis: Redis) {}

  async reserve(ip: string): Promise<boolean> {
    return Number(await this.redis.eval(RESERVE, 1, `recovery-tries:${ip}`, WINDOW_SEC)) <= MOST;
  }
}
