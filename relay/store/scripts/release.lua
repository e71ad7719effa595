-- Give the lease back and file when the lane next needs somebody.
-- KEYS[1] the lane's hash; ARGV prefix, lane, lease token, ms before which nobody need come (or 0)
-- Returns 1, or 0 if the lease was another's by then.
local prefix = ARGV[1]
local lane = lane_keys(prefix, ARGV[2])
local now = now_ms()
if redis.call('HGET', lane.hash, 'lease') ~= ARGV[3] then return 0 end
redis.call('HDEL', lane.hash, 'lease', 'lease_until', 'claim', 'not_before')
local wait = tonumber(ARGV[4])
if wait > 0 then redis.call('HSET', lane.hash, 'not_before', now + wait) end
local due = next_due(lane)
if redis.call('EXISTS', lane.flight) == 1 then
  -- Attempts whose end could not be written: the next turn finds out what became of them.
  redis.call('ZADD', lane.attention, now + math.min(wait, HANDOVER), lane.name)
elseif due and may_run(prefix, lane.name) then
  redis.call('ZADD', lane.attention, math.max(due, now + wait), lane.name)
else
  redis.call('ZREM', lane.attention, lane.name)
end
return 1
