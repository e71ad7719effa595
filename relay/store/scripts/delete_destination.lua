-- Delete a destination that nothing waits in. KEYS[1] its hash; ARGV prefix, destination
-- Returns -1 if there is none, else how many deliveries and callbacks still wait; 0 means deleted.
local prefix, destination = ARGV[1], ARGV[2]
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local waiting = 0
for _, kind in ipairs({ 'delivery/', 'callback/' }) do
  local lane = lane_keys(prefix, kind .. destination)
  waiting = waiting + redis.call('ZCARD', lane.due) + redis.call('ZCARD', lane.flight)
end
waiting = waiting + redis.call('ZCARD', prefix .. 'log:/' .. destination .. ':uncertain')
if waiting > 0 then return waiting end
for _, kind in ipairs({ 'delivery/', 'callback/' }) do
  local lane = lane_keys(prefix, kind .. destination)
  redis.call('DEL', lane.hash)
  redis.call('ZREM', lane.attention, lane.name)
end
redis.call('DEL', KEYS[1], prefix .. 'gone:' .. destination)
return 0
