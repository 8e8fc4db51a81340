import { createHash, randomInt } from 'node:crypto';
import { RedisScript, type Redis } from '@passbroker/platform';

const SECONDS = 600;
const TRIES = 5;
/** Nothing that reads like something else, nothing that spells. */
const LETTERS = '23456789BCDFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

/** One more try is written down before the code is looked at; a right one is used up. 0: not this one, or too many. */
const TRY = new RedisScript(`
if redis.call('INCR', KEYS[2]) > tonumber(ARGV[2]) then return 0 end
redis.call('EXPIRE', KEYS[2], ARGV[3])
local kept = redis.call('GET', KEYS[1])
if kept ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`);

/** Codes for letters: one at a time for each thing that waits, ten minutes, five tries, used once. */
export class MailedCodes {
  constructor(private readonly redis: Redis) {}

  /**
   * An earlier code of this key is void.
   * @param about what the code is for, in full: it is none for anything else
   */
  async issue(key: string, about: string): Promise<string> {
    const code = Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    await this.redis.set(`${key}:code`, digest(about, code), 'EX', SECONDS);
    return `${code.slice(0, 4)}-${code.slice(4)}`;
  }

  async isRight(key: string, about: string, typed: string): Promise<boolean> {
    const code = typed.toUpperCase().replaceAll(/[\s-]/g, '');
    if (code.length !== CODE_LENGTH) return false;
    const values = [digest(about, code), TRIES, SECONDS];
    return Number(await TRY.run(this.redis, [`${key}:code`, `${key}:tries`], values)) === 1;
  }
}

const digest = (about: string, code: string): string =>
  createHash('sha256').update(`${about}.${code}`).digest('base64url');
