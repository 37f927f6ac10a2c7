-- One word about a lease: KEYS[1] holds who has it, its number, and until when.
-- ARGV: what is asked (take, keep, give), the holder, its number, microseconds.
-- Answers the number and how long it is held, microseconds; number 0: somebody
-- else has it, who, and how long.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local was = redis.call('HMGET', KEYS[1], 'holder', 'number', 'till')
local holder, number, till = was[1], tonumber(was[2] or 0), tonumber(was[3] or 0)
local what, who, mine, span = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if till > now + span then -- the clock went back
  till = now + span
end
local own = holder == who and number == mine and till > now
if what == 'take' then
  if till > now and holder ~= who then
    return {0, till - now, holder}
  end
  number = number + 1
elseif not own then
  if what == 'keep' and till > now then
    return {0, till - now, holder}
  end
  return {0, 0, ''}
end
till = now + span
if what == 'give' then
  till = now
end
redis.call('HSET', KEYS[1], 'holder', who, 'number', number, 'till', string.format('%.0f', till))
return {number, till - now, who}
