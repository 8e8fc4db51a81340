import { createHmac } from 'node:crypto';
import type { Audience } from '@passbroker/model';
import { z } from 'zod';
import { RedisScript, type Clock, type Redis } from '@passbroker/platform';

const WINDOW_MS = 15 * 60_000;
/** Tries of one name from one address (or one known device) per window (PWD-004). */
const PER_PAIR = 10;
/** Tries from one address, whatever the names, per window: an office behind one address mistypes less (PWD-007). */
const PER_ADDRESS = 100;
/** Tries of one name from everywhere before each further one has to wait twice as long as the last. */
const FREE_PER_NAME = 20;
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Counts first and asks later: a try is written down before its password is looked at, in one atomic step, so
 * that a hundred guesses at once are a hundred tries (PWD-009). Answers how long to wait, 0 = go on, and when that was.
 */
const RESERVE = new RedisScript(`
local wait = 0
local function full(key, limit)
  if tonumber(redis.call('GET', key) or '0') >= limit then
    local left = redis.call('PTTL', key)
    if left > wait then wait = left end
  end
end
local function count(key, window)
  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, window) end
end
local now, window, known = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
full(KEYS[1], tonumber(ARGV[4]))
if not known then
  full(KEYS[3], tonumber(ARGV[5]))
  local till = tonumber(redis.call('HGET', KEYS[2], 'till') or '0')
  if till - now > wait then wait = till - now end
end
if wait > 0 then return { wait, 0 } end
count(KEYS[1], window)
if not known then
  count(KEYS[3], window)
  local tries = redis.call('HINCRBY', KEYS[2], 'tries', 1)
  local over = tries - tonumber(ARGV[6])
  if over > 0 then
    local pause = math.min(1000 * 2 ^ math.min(over, 20), tonumber(ARGV[7]))
    redis.call('HSET', KEYS[2], 'till', string.format('%.0f', now + pause))
  end
  redis.call('PEXPIRE', KEYS[2], window)
end
local time = redis.call('TIME')
return { 0, time[1] * 1000 + math.floor(time[2] / 1000) }
`);

const reservedShape = z.tuple([z.coerce.number(), z.coerce.number()]);

/** Who tries, as much as counting needs: names are hashed, so that Redis holds nobody's address. */
export interface Attempt {
  nameHash: string;
  ip: string;
  /** The device's own id when it has signed this name in before. */
  device: string | undefined;
}

/**
 * Slows guessing down without locking anybody out: strangers wait, but a browser that has signed this account in
 * before is counted on its own (PWD-005). Names count alike whether or not somebody has them.
 */
export class PasswordThrottle {
  constructor(private readonly parts: { redis: Redis; now: Clock; key: Buffer }) {}

  nameHash(brand: string, audience: Audience, name: string): string {
    const folded = name.trim().normalize('NFKC').toLowerCase();
    return createHmac('sha256', this.parts.key)
      .update(`${brand}\0${audience}\0${folded}`)
      .digest('base64url')
      .slice(0, 22);
  }

  /** Milliseconds to wait; 0 lets the try through and counts it. `at`: when, by Redis's clock. */
  async reserve(attempt: Attempt): Promise<{ wait: number; at: number }> {
    const { pair, name, address } = keysOf(attempt);
    const now = this.parts.now().getTime();
    const known = attempt.device === undefined ? '0' : '1';
    const limits = [PER_PAIR, PER_ADDRESS, FREE_PER_NAME, LONGEST_WAIT_MS];
    const answer = await RESERVE.run(this.parts.redis, [pair, name, address], [now, WINDOW_MS, known, ...limits]);
    const [wait, at] = reservedShape.parse(answer);
    return { wait, at };
  }

  /** The password was right: its owner owes nothing, and did not spray. */
  async forgive(attempt: Attempt): Promise<void> {
    const { pair, name, address } = keysOf(attempt);
    const forgiving = this.parts.redis.pipeline().del(pair, name);
    if (attempt.device === undefined) forgiving.decr(address);
    await forgiving.exec();
  }
}

function keysOf({ nameHash, ip, device }: Attempt): { pair: string; name: string; address: string } {
  return {
    pair: device === undefined ? `throttle:pair:${nameHash}:${ip}` : `throttle:device:${nameHash}:${device}`,
    name: `throttle:name:${nameHash}`,
    address: `throttle:address:${ip}`,
  };
}
