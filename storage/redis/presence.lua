-- A node's beat: KEYS[1] holds all nodes, KEYS[2] the agents at this one.
-- ARGV: the node, what it says of itself, the number of this beat, the version of
-- its agents, and if they are to be written anew, each agent and what it has.
-- Answers 1 when its agents are not here as they should be, and then all nodes:
-- name, when they beat last, the number of that beat, version, words.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local node, words, beat, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
redis.call('HSET', KEYS[1], node, string.format('%.0f', now) .. ' ' .. beat .. ' ' .. version .. ' ' .. words)
redis.call('PEXPIRE', KEYS[1], 3600000)
if ARGV[5] == '1' then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], '', version)
  for i = 6, #ARGV, 2 do
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIRE', KEYS[2], 60000)
local missing = 0
if redis.call('HGET', KEYS[2], '') ~= version then
  missing = 1
end
local out = {missing}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, number, its, said = string.match(all[i + 1], '^(%S+) (%S+) (%S+) (.*)$')
  if now - tonumber(at) > 60000 then
    redis.call('HDEL', KEYS[1], all[i])
  else
    for _, field in ipairs({all[i], number, its, said}) do
      out[#out + 1] = field
    end
  end
end
return out
