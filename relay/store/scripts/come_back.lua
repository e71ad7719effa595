-- Put a lane off that was asked for and could not be served here. KEYS[1] the lane's hash; ARGV prefix, lane, ms
local lane = lane_keys(ARGV[1], ARGV[2])
local now = now_ms()
if number_in(lane.hash, 'lease_until') > now then return 0 end
redis.call('HSET', lane.hash, 'asked_until', now + ARGV[3])
redis.call('ZADD', lane.attention, now + ARGV[3], lane.name)
return 1
