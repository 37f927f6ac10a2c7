-- KEYS[1] is the stream, KEYS[2] the number of its last event and when the stream
-- was born, which tells it from one that was there before Redis was emptied.
-- ARGV: tell, how many are kept, the event; or: top.
-- Every event has a number, one more than that before it: who misses one knows.
if ARGV[1] == 'tell' then
  local n = redis.call('HINCRBY', KEYS[2], 'n', 1)
  if n == 1 then
    local t = redis.call('TIME')
    redis.call('HSET', KEYS[2], 'born', t[1] .. '.' .. t[2])
  end
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'n', n, 'born', redis.call('HGET', KEYS[2], 'born'), 'e', ARGV[3])
  return n
end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local id = '0-0'
if last[1] then
  id = last[1][1]
end
local was = redis.call('HMGET', KEYS[2], 'n', 'born')
return {tonumber(was[1] or 0), id, was[2] or ''}
