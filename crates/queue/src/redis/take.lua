-- Takes tickets. KEYS: lane. ARGV: how many at most, how many of them of bulk at most. Returns class, workspace, step of each.
local lane, slots, bulk = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = { i = redis.call('EXISTS', lane .. '.i') == 1, b = bulk > 0 and redis.call('EXISTS', lane .. '.b') == 1 }
if not waits.i and not waits.b then return {} end
local state = redis.call('HMGET', lane, 'i', 'b', 'passed')
local now = { i = tonumber(state[1]) or 0, b = tonumber(state[2]) or 0 }
local passed = tonumber(state[3]) or 0
local out = {}

-- Start-time fair queueing: every pick costs its workspace one tick, and who starts at the smallest tick comes next.
local function pick(class)
  local active = lane .. '.' .. class
  while waits[class] do
    local head = redis.call('ZRANGE', active, 0, 0, 'WITHSCORES')
    local workspace, start = head[1], tonumber(head[2])
    if not workspace then
      waits[class] = false
      return false
    end
    local queue = active .. ':' .. workspace
    local step = redis.call('ZPOPMIN', queue)[1]
    if step then
      now[class] = start
      if redis.call('EXISTS', queue) == 1 then
        redis.call('ZADD', active, start + 1, workspace)
      else
        redis.call('ZREM', active, workspace)
        -- Where it stopped: who leaves and comes back at once has had its turn. Whoever stopped before now is forgotten.
        redis.call('ZREMRANGEBYSCORE', active .. '.left', '-inf', start)
        redis.call('ZADD', active .. '.left', start + 1, workspace)
      end
      out[#out + 1] = class
      out[#out + 1] = workspace
      out[#out + 1] = step
      return true
    end
    -- Its queue was lost, as by eviction.
    redis.call('ZREM', active, workspace)
  end
  return false
end

while slots > 0 do
  local bulk_waits = bulk > 0 and waits.b
  local due = bulk_waits and passed >= 7
  if not due and pick('i') then
    if bulk_waits then passed = passed + 1 end
    slots = slots - 1
  elseif not bulk_waits then
    break
  elseif pick('b') then
    passed, bulk, slots = 0, bulk - 1, slots - 1
  end
end
redis.call('HSET', lane, 'i', now.i, 'b', now.b, 'passed', passed)
return out
