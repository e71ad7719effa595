-- Take the lane's lease, so that one turn serves it at a time.
-- KEYS[1] the lane's hash; ARGV prefix, lane, token, lease in ms
-- Returns {0} if another turn holds it, else {1, per attempt that an earlier turn left in
-- flight its id and HGETALL, how many items are due, now}.
local prefix, token = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local now = now_ms()
local holder, lease_until = unpack(redis.call('HMGET', lane.hash, 'lease', 'lease_until'))
if holder and holder ~= token and tonumber(lease_until) > now then return { 0 } end
local waits = number_in(lane.hash, 'not_before')
local _, _, item_prefix = parts_of(prefix, lane.name)
local left = {}
-- What a process that ends still holds, in a lane that it gave away, is on its way and nobody else's business (hold.lua).
for _, id in ipairs(redis.call('ZRANGEBYSCORE', lane.flight, '-inf', now)) do
  -- What is no longer in flight (its hash is gone, or its end was written) has no business here.
  if redis.call('HGET', item_prefix .. id, 'state') == 'sending' then
    left[#left + 1] = { id, redis.call('HGETALL', item_prefix .. id) }
  else
    redis.call('ZREM', lane.flight, id)
  end
end
if waits > now and #left == 0 then
  -- Asked too early: the rate window is still closed.
  redis.call('HDEL', lane.hash, 'asked_until')
  redis.call('ZADD', lane.attention, math.min(waits, held_until(lane) or waits), lane.name)
  return { 0 }
end
redis.call('HSET', lane.hash, 'lease', token, 'lease_until', now + ARGV[4])
redis.call('HDEL', lane.hash, 'asked_until')
redis.call('ZADD', lane.attention, now + ARGV[4], lane.name)
return { 1, left, due_now(lane, now), now }
