-- Write down something about an attempt in flight, before its call is sent: the fence keeps out whoever was overtaken.
-- KEYS[1] the item's hash; ARGV prefix, lane, id, attempt token, name, value ('' takes it away)
-- Returns 1 if written, 0 if a newer truth stands: then nothing may be sent any more.
local held, state = unpack(redis.call('HMGET', KEYS[1], 'token', 'state'))
if held ~= ARGV[4] or state ~= 'sending' then return 0 end
-- Whoever took the lane since has read what was noted, and ends this attempt by that; unless it is held (hold.lua).
local lane = lane_keys(ARGV[1], ARGV[2])
local ours = redis.call('HGET', lane.hash, 'lease') == string.match(held, '^(.*)%.')
if not ours and (tonumber(redis.call('ZSCORE', lane.flight, ARGV[3])) or 0) <= now_ms() then return 0 end
if ARGV[6] == '' then
  redis.call('HDEL', KEYS[1], ARGV[5])
else
  redis.call('HSET', KEYS[1], ARGV[5], ARGV[6])
end
return 1
