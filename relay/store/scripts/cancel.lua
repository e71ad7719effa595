-- Take a delivery out of its lane for good, unless its call is on the way; an uncertain one is in no lane. KEYS[1] the delivery's hash
-- ARGV prefix, lane, id, reason, seconds to keep; returns the state that it was in ('' if there is none).
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local destination = string.match(lane.name, '/(.*)$')
local old = redis.call('HGET', KEYS[1], 'state')
if not old then return '' end
if old == 'queued' or old == 'retrying' or old == 'uncertain' then
  local now = now_ms()
  redis.call('ZREM', lane.due, id)
  redis.call('HSET', KEYS[1], 'state', 'canceled', 'updated_at', now, 'settled_at', now, 'reason', ARGV[4])
  redis.call('HDEL', KEYS[1], 'next_attempt_at', 'token')
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  file(prefix, destination, id, old, 'canceled')
end
return old
