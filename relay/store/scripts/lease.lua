-- Take the lane's lease, so that one turn serves it at a time.
-- KEYS[1] the lane's hash; ARGV prefix, lane, token, lease in ms
-- Returns {0} if another turn holds it, else {1, the ids whose attempts an earlier turn left in flight}.
local prefix, token = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local now = now_ms()
local holder, lease_until = unpack(redis.call('HMGET', lane.hash, 'lease', 'lease_until'))
if holder and holder ~= token and tonumber(lease_until) > now then return { 0 } end
local waits = number_in(lane.hash, 'not_before')
local left = redis.call('ZRANGE', lane.flight, 0, -1)
if waits > now and #left == 0 then
  -- Asked too early: the rate window is still closed.
  redis.call('HDEL', lane.hash, 'asked_until')
  redis.call('ZADD', lane.attention, waits, lane.name)
  return { 0 }
end
redis.call('HSET', lane.hash, 'lease', token, 'lease_until', now + ARGV[4])
redis.call('HDEL', lane.hash, 'asked_until')
redis.call('ZADD', lane.attention, now + ARGV[4], lane.name)
return { 1, left }
