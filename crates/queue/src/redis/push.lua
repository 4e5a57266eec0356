-- Adds tickets. KEYS: lane. ARGV: bell, name of the lane, class (i or b), then for every workspace: its name, how many, the steps.
local lane, class = KEYS[1], ARGV[3]
local other = class == 'i' and 'b' or 'i'
local active, theirs = lane .. '.' .. class, lane .. '.' .. other
local was_empty = redis.call('EXISTS', active) == 0
local now = tonumber(redis.call('HGET', lane, class)) or 0
local added, at = 0, 4
while at <= #ARGV do
  local workspace, count = ARGV[at], tonumber(ARGV[at + 1])
  local first, last = at + 2, at + 1 + count
  at = last + 1
  local queue, their_queue = active .. ':' .. workspace, theirs .. ':' .. workspace
  local kept = false
  if redis.call('EXISTS', their_queue) == 1 then
    if class == 'i' then
      redis.call('ZREM', their_queue, unpack(ARGV, first, last))
      local start = redis.call('EXISTS', their_queue) == 0 and redis.call('ZSCORE', theirs, workspace)
      if start then
        redis.call('ZREM', theirs, workspace)
        redis.call('ZADD', theirs .. '.left', start, workspace)
      end
    else
      kept = redis.call('ZMSCORE', their_queue, unpack(ARGV, first, last))
    end
  end
  local pairs = {}
  for i = first, last do
    if not (kept and kept[i - first + 1]) then
      pairs[#pairs + 1] = ARGV[i]
      pairs[#pairs + 1] = ARGV[i]
    end
  end
  if #pairs > 0 then
    added = added + redis.call('ZADD', queue, 'NX', unpack(pairs))
    if not redis.call('ZSCORE', active, workspace) then
      local left = tonumber(redis.call('ZSCORE', active .. '.left', workspace) or 0)
      redis.call('ZADD', active, math.max(now, left), workspace)
      redis.call('ZREM', active .. '.left', workspace)
    end
  end
end
if was_empty and added > 0 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return added
