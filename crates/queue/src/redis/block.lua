-- Leaves an account alone. KEYS: account. ARGV: µs.
local t = redis.call('TIME')
local until_then = t[1] * 1000000 + t[2] + ARGV[1]
local before = tonumber(redis.call('HGET', KEYS[1], 'blocked')) or 0
if until_then > before then redis.call('HSET', KEYS[1], 'blocked', string.format('%.0f', until_then)) end
return 1
