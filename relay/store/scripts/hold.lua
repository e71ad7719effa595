-- Say for how long attempts of a lease are still in the hands of whoever began them, though he gives the lane to others.
-- KEYS[1] the lane's hash; ARGV prefix, lane, lease token, ms
-- Returns how many they are.
local prefix, token = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local now = now_ms()
local _, _, item_prefix = parts_of(prefix, lane.name)
local held = 0
for _, id in ipairs(redis.call('ZRANGE', lane.flight, 0, -1)) do
  -- An attempt's token is its lease's and a number. What others began meanwhile is theirs.
  if string.match(redis.call('HGET', item_prefix .. id, 'token') or '', '^(.*)%.') == token then
    redis.call('ZADD', lane.flight, now + ARGV[4], id)
    held = held + 1
  end
end
return held
