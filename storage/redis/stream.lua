-- KEYS[1] is the stream, KEYS[2] the number of its last event.
-- ARGV: tell, how many are kept, the event; or: top.
-- Every event has a number, one more than that before it: who misses one knows.
if ARGV[1] == 'tell' then
  local n = redis.call('INCR', KEYS[2])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'n', n, 'e', ARGV[3])
  return n
end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local id = '0-0'
if last[1] then
  id = last[1][1]
end
return {tonumber(redis.call('GET', KEYS[2]) or 0), id}
