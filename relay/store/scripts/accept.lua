-- Store deliveries, put them in their destination's lane and say whether a turn should be asked for.
-- KEYS[1] the destination's hash (places the script)
-- ARGV prefix, destination, template, then per delivery: id, records, fields
-- Returns {'ok', wake} or {'gone'} or {'refused', state}. Doing it twice stores once: ids are the callers'.
local prefix, destination = ARGV[1], ARGV[2]
local state, when_inactive, template = unpack(redis.call('HMGET', KEYS[1], 'state', 'when_inactive', 'template'))
-- Records that were checked for another template are for a destination that is gone, whatever has its id by now.
if not state or template ~= ARGV[3] then return { 'gone' } end
if state ~= 'active' and when_inactive == 'refuse' then return { 'refused', state } end
local now = now_ms()
local lane = lane_keys(prefix, 'delivery/' .. destination)
for i = 4, #ARGV, 3 do
  local id = ARGV[i]
  local key = prefix .. 'delivery:' .. id
  if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 'destination', destination, 'template', ARGV[3], 'state', 'queued', 'accepted_at', now,
      'updated_at', now, 'records', ARGV[i + 1], 'fields', ARGV[i + 2], 'attempt', 0, 'spent', 0)
    redis.call('ZADD', lane.due, now, id)
    redis.call('ZADD', prefix .. 'log', 0, id)
    redis.call('ZADD', prefix .. 'log:/' .. destination, 0, id)
    file(prefix, destination, id, false, 'queued')
  end
end
local wake = 0
if state == 'active' and attend(lane, now, now) then
  ask(lane, now)
  wake = 1
end
return { 'ok', wake }
