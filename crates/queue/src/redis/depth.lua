-- How many wait. KEYS: lane.
local count = 0
for _, class in ipairs({ 'i', 'b' }) do
  local active = KEYS[1] .. '.' .. class
  for _, workspace in ipairs(redis.call('ZRANGE', active, 0, -1)) do
    count = count + redis.call('ZCARD', active .. ':' .. workspace)
  end
end
return count
