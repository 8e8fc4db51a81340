import { RedisScript } from '@passbroker/platform';

/**
 * The session and its place in the account's list, in one step, and out with the one it replaces. Scores are when
 * each ends at the latest. Only over the limit is anything counted: first those that ended by themselves go, then
 * the oldest, which are answered (ARGV: session, seconds, end, now, limit, checked, usersource).
 *
 * 0, and nothing written, when all sessions of the account were ended (KEYS[4]) after the proof was looked at: the old
 * password that was right a moment before its change opens nothing a moment after.
 */
export const OPEN = new RedisScript(`
local checked = tonumber(ARGV[6])
if checked > 0 then
  for _, cut in ipairs(redis.call('HMGET', KEYS[4], 'all', 'via ' .. ARGV[7])) do
    if cut and tonumber(cut) >= checked then return 0 end
  end
end
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

/** The same session under another name; nothing, when it has ended meanwhile, or is about to (KEYS[4]). */
export const RENAME = new RedisScript(`
for _, ended in ipairs(redis.call('ZMSCORE', KEYS[4], 'end ' .. ARGV[4], 'out ' .. ARGV[4])) do
  if ended then return 0 end
end
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
redis.call('ZREM', KEYS[3], KEYS[1])
redis.call('ZADD', KEYS[3], ARGV[3], KEYS[2])
return 1`);
