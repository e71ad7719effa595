-- Store a test: a delivery that a person sends now, in a lane of its own, whether or not the destination is active.
-- KEYS[1] the destination's hash; ARGV prefix, destination, template, id, records (JSON), fields (JSON)
-- Returns 1, or 0 if there is no such destination with that template. Doing it twice stores once.
local prefix, destination, id = ARGV[1], ARGV[2], ARGV[4]
if redis.call('HGET', KEYS[1], 'template') ~= ARGV[3] then return 0 end
if redis.call('EXISTS', prefix .. 'delivery:' .. id) == 1 then return 1 end
local now = now_ms()
local lane = lane_keys(prefix, 'test/' .. destination)
redis.call('HSET', prefix .. 'delivery:' .. id, 'destination', destination, 'template', ARGV[3], 'state', 'queued',
  'accepted_at', now, 'updated_at', now, 'records', ARGV[5], 'fields', ARGV[6], 'attempt', 0, 'spent', 0, 'test', 1)
redis.call('ZADD', lane.due, now, id)
redis.call('ZADD', prefix .. 'log', 0, id)
redis.call('ZADD', prefix .. 'log:/' .. destination, 0, id)
file(prefix, destination, id, false, 'queued')
if attend(lane, now, now) then ask(lane, now) end
return 1
