-- Asks for leave. KEYS: account, holders, birth of all that is known. ARGV: holder, lease in µs, places (-1: any number),
-- time in µs that it takes to know who is in flight, then for requests and tokens: µs that one costs (0: no limit, -1:
-- nothing allowed), burst, how many are wanted. Returns {0}, or {code, µs to wait}.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function text(number) return string.format('%.0f', number) end

-- All was lost, or is new, or the clock was set back: those who are in flight say so within a moment.
local born = tonumber(redis.call('GET', KEYS[3]))
if not born or born > now then
  redis.call('SET', KEYS[3], text(now))
  return { 5, tonumber(ARGV[4]) }
end
local sure = born + ARGV[4] - now
if sure > 0 then return { 5, math.ceil(sure) } end

local state = redis.call('HMGET', KEYS[1], 'blocked', '1', '2')
local blocked = (tonumber(state[1]) or 0) - now
if blocked > 0 then return { 1, math.ceil(blocked) } end

local places = tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now))
if places >= 0 and redis.call('ZCARD', KEYS[2]) >= places and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return { 4, 0 }
end

local full_at = {}
for i = 1, 2 do
  local each, burst, wanted = tonumber(ARGV[2 + 3 * i]), tonumber(ARGV[3 + 3 * i]), tonumber(ARGV[4 + 3 * i])
  if each < 0 then return { 1 + i, 60000000 } end
  if each > 0 and wanted > 0 then
    local full = tonumber(state[1 + i])
    -- What was asked before a loss is not known: then a bucket begins empty.
    if not full then full = now - born < 60000000 and now + (burst - 1) * each or now end
    full = math.max(full, now)
    local wait = full + (math.min(wanted, burst) - burst) * each - now
    if wait > 0 then return { 1 + i, math.ceil(wait) } end
    full_at[i] = full + wanted * each
  end
end

for i = 1, 2 do
  if full_at[i] then redis.call('HSET', KEYS[1], i, text(full_at[i])) end
end
redis.call('ZADD', KEYS[2], text(now + ARGV[2]), ARGV[1])
return { 0 }
