-- Takes a ticket out. KEYS: lane. ARGV: workspace, step.
local gone = 0
for _, class in ipairs({ 'i', 'b' }) do
  local active = KEYS[1] .. '.' .. class
  local queue = active .. ':' .. ARGV[1]
  gone = gone + redis.call('ZREM', queue, ARGV[2])
  if redis.call('EXISTS', queue) == 0 then
    local start = redis.call('ZSCORE', active, ARGV[1])
    if start then
      redis.call('ZREM', active, ARGV[1])
      redis.call('ZADD', active .. '.left', start, ARGV[1])
    end
  end
end
return gone
