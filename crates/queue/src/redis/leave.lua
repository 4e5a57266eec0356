-- A request is over. KEYS: account, holders. ARGV: holder, µs that its place is kept all the same (0: it is free), µs by
-- which the bucket of tokens is corrected.
local keep, more = tonumber(ARGV[2]), tonumber(ARGV[3])
if keep > 0 then
  local t = redis.call('TIME')
  redis.call('ZADD', KEYS[2], string.format('%.0f', t[1] * 1000000 + t[2] + keep), ARGV[1])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
end
if more ~= 0 then
  local full = tonumber(redis.call('HGET', KEYS[1], '2'))
  if full then redis.call('HSET', KEYS[1], '2', string.format('%.0f', full + more)) end
end
return 1
