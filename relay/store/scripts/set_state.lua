-- Activate or pause a destination, and its lane with it.
-- KEYS[1] the destination's hash; ARGV prefix, destination, state, because, the only state to leave ('' for any), and the
-- only reason for a pause to leave it with ('' for any)
-- Returns -1 if there is none, 0 if it was in another state, 1 if done, 2 if done and a turn should be asked for.
local prefix, state = ARGV[1], ARGV[3]
local old = redis.call('HGET', KEYS[1], 'state')
if not old then return -1 end
if ARGV[5] ~= '' and old ~= ARGV[5] then return 0 end
if ARGV[6] ~= '' and redis.call('HGET', KEYS[1], 'paused_because') ~= ARGV[6] then return 0 end
local now = now_ms()
redis.call('HSET', KEYS[1], 'state', state, 'paused_because', ARGV[4], 'updated_at', now)
redis.call('HINCRBY', KEYS[1], 'revision', 1)
local lane = lane_keys(prefix, 'delivery/' .. ARGV[2])
if state ~= 'active' then
  -- A turn that holds the lease stops claiming by itself, and what it left in flight still needs somebody.
  if number_in(lane.hash, 'lease_until') <= now and redis.call('EXISTS', lane.flight) == 0 then
    redis.call('ZREM', lane.attention, lane.name)
  end
  return 1
end
if old ~= 'active' then redis.call('HSET', KEYS[1], 'activated_at', now) end
local due = next_due(lane)
if due and attend(lane, due, now) then
  ask(lane, now)
  return 2
end
return 1
