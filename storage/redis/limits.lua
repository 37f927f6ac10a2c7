-- One word of a node about one trunk: KEYS[1] is the trunk's pool.
--
-- run, last, born, again: what the pool is. One field per node, "n:" and its
-- name: until when its share of the calls a second counts, from when it counts,
-- the share, its lines, when it was heard, the number of its last word.
--
-- Instants are microseconds of this server's clock.
local WORD = 400000    -- how long a word counts
local AHEAD = 200000   -- how far ahead turns are given out
local QUIET = 1700000  -- see settle in limits_speak.go
local LINES = 2000000  -- how long a new pool lends no lines
local DEAD = 5000000   -- how long a node that is no member keeps its lines
local SPACE = 1.04     -- a second and what a turn may be late

local run, node, seen, share = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local lines, claim, need, want = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local turns, number, born = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local info = redis.call('INFO', 'server', 'replication')
local here = string.match(info, 'run_id:(%x+)') .. string.match(info, 'master_replid:(%x+)')
-- A write even for a greeting: a replica answers neither.
redis.call('PEXPIRE', KEYS[1], 86400000)
-- A word that stood in a buffer counts for nothing, nor one meant for another server.
if run ~= here or seen > now or now - seen > WORD then
  return {here, now}
end

local pool, nodes = {}, {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 'n:' then
    local u, f, s, l, h, n = string.match(all[i + 1], '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
    nodes[string.sub(all[i], 3)] = {till = tonumber(u), from = tonumber(f), share = tonumber(s), lines = tonumber(l), heard = tonumber(h), number = tonumber(n)}
  else
    pool[all[i]] = all[i + 1]
  end
end
-- Empty, another server's memory, or its clock went back: nobody knows what was
-- granted a moment ago, so nothing is granted for a while.
if pool.run ~= here or tonumber(pool.last) > now + QUIET + 1000000 then
  redis.call('DEL', KEYS[1])
  pool, nodes = {run = here, last = string.format('%.0f', now + QUIET), born = string.format('%.0f', now), again = '0'}, {}
  redis.call('HSET', KEYS[1], 'run', here, 'last', pool.last, 'born', pool.born, 'again', '0')
  redis.call('PEXPIRE', KEYS[1], 86400000)
end
-- Somebody was in another pool before: nodes that are not here may have lines.
if born ~= 0 and born ~= tonumber(pool.born) and pool.again == '0' then
  pool.again = '1'
  redis.call('HSET', KEYS[1], 'again', '1')
end

local mine = nodes[node]
if mine and number <= mine.number then
  return {here, now}
end
local from = now + QUIET
if mine and mine.till >= now then
  from = mine.from
end
nodes[node] = {till = seen + WORD, from = from, share = share, lines = claim, heard = now, number = number}

local members, count = {}, 0
for m in string.gmatch(ARGV[12], '%S+') do
  members[m], count = true, count + 1
end
local rate, soon, taken, missing = 0, nil, 0, 0
for id, n in pairs(nodes) do
  if not members[id] and now - n.heard >= DEAD then
    redis.call('HDEL', KEYS[1], 'n:' .. id)
  else
    taken = taken + n.lines
    if n.till >= now and n.from <= now then
      rate = rate + n.share
    elseif n.till >= now and n.share > 0 and (not soon or n.from < soon) then
      soon = n.from
    end
  end
end
for id in pairs(members) do
  if not nodes[id] then
    missing = missing + 1
  end
end

local free = 0
if now - tonumber(pool.born) >= LINES and (missing == 0 or pool.again == '0') then
  free = math.max(0, lines - taken - missing * math.ceil(lines / math.max(1, count)))
end
local lent = math.min(want, free)
nodes[node].lines = claim + lent

turns = turns - math.max(0, need - lent)
local given, first, step, again = 0, 0, 0, 0
if rate > 0 then
  step = math.ceil(1000000 * SPACE / rate)
  first = math.max(now, tonumber(pool.last) + step)
  again = first
  if turns > 0 and first <= now + AHEAD then
    given = math.min(turns, math.floor((now + AHEAD - first) / step) + 1)
    local last = first + (given - 1) * step
    redis.call('HSET', KEYS[1], 'last', string.format('%.0f', last))
    again = last + step
  end
else
  again = soon or now + QUIET
end
redis.call('HSET', KEYS[1], 'n:' .. node, string.format('%.0f %.0f %s %d %.0f %.0f', seen + WORD, from, ARGV[4], claim + lent, now, number))
return {here, now, tonumber(pool.born), lent, free - lent, given, first - now, step, math.max(0, again - now), math.floor(rate * 1000)}
