-- States who is in flight. KEYS: holders, birth of all that is known. ARGV: lease in µs, holders.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
redis.call('SET', KEYS[2], string.format('%.0f', now), 'NX')
local until_then = string.format('%.0f', now + ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], until_then, ARGV[i]) end
return #ARGV - 1
