import { createHash } from 'node:crypto';
import { RedisScript, type Redis } from '@passbroker/platform';
import type { Visit } from '../http/visit.js';

const COUNT = new RedisScript(
  `local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], 60) end return n`,
);
/** A browser without our cookie may be one of many behind the same address: it takes more to call that a loop. */
const STRANGERS = 10;

/** Redirects of this browser to one usersource within the last minute; counts this one, answers those before it. */
export async function countHop(redis: Redis, visit: Visit, usersource: string): Promise<number> {
  const browser = visit.bound
    ? visit.bindingHash
    : createHash('sha256').update(`no cookies\0${visit.ip}`).digest('base64url');
  const before = Number(await COUNT.run(redis, [`hops:${usersource}:${browser}`])) - 1;
  return visit.bound ? before : Math.floor(before / STRANGERS);
}
