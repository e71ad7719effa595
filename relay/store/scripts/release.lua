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
local due, held = next_due(lane), held_until(lane)
local next_look = due and may_run(prefix, lane.name) and math.max(due, now + wait)
if held and held <= now then
  -- Attempts whose end could not be written: the next turn finds out what became of them.
  redis.call('ZADD', lane.attention, now + math.min(wait, HANDOVER), lane.name)
elseif held and is_strict(prefix, lane.name) then
  redis.call('ZADD', lane.attention, held, lane.name) -- nothing begins before they have ended
elseif held or next_look then
  redis.call('ZADD', lane.attention, math.min(held or next_look, next_look or held), lane.name)
else
  redis.call('ZREM', lane.attention, lane.name)
  local _, destination = parts_of(prefix, lane.name)
  -- Of a destination that is gone, nothing of its lane stays either.
  if redis.call('EXISTS', prefix .. 'destination:' .. destination) == 0 then redis.call('DEL', lane.hash) end
end
return 1
