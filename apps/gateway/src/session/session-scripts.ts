import { RedisScript } from '@passbroker/platform';

/**
 * The session and its place in the account's list, in one step, and out with the one it replaces. Scores are when
 * each ends at the latest. Only over the limit is anything counted: first those that ended by themselves go, then
 * the oldest, which are answered (ARGV: session, seconds, end, now, limit).
 */
export const OPEN = new RedisScript(`
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
if KEYS[3] ~= KEYS[1] then
  redis.call('DEL', KEYS[3])
  redis.call('ZREM', KEYS[2], KEYS[3])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
local left = math.ceil((tonumber(ARGV[3]) - tonumber(ARGV[4])) / 1000)
if redis.call('TTL', KEYS[2]) < left then redis.call('EXPIRE', KEYS[2], left) end
local limit = tonumber(ARGV[5])
local gone = {}
if limit > 0 and redis.call('ZCARD', KEYS[2]) > limit then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if redis.call('EXISTS', member) == 0 then redis.call('ZREM', KEYS[2], member) end
  end
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, redis.call('ZCARD', KEYS[2]) - limit - 1)) do
    local text = redis.call('GETDEL', member)
    if text then table.insert(gone, text) end
    redis.call('ZREM', KEYS[2], member)
  end
end
return gone`);

/** The same session under another name; nothing, when it has ended meanwhile. */
export const RENAME = new RedisScript(`
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
redis.call('ZREM', KEYS[3], KEYS[1])
redis.call('ZADD', KEYS[3], ARGV[3], KEYS[2])
return 1`);
