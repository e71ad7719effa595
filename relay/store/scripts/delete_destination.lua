-- Delete a destination, with as many waiting deliveries as the caller knows of. KEYS[1] its hash
-- ARGV prefix, destination, how many deliveries are discarded ('' where the caller named no number)
-- Returns what came of it ('gone', 'waiting', 'flying' or 'deleted'), how many deliveries wait, how many callbacks, and
-- how many calls to Calendly are on their way. What waited is set aside as it is; discard.lua ends it piece by piece.
local prefix, destination = ARGV[1], ARGV[2]
if redis.call('EXISTS', KEYS[1]) == 0 then return { 'gone', 0, 0, 0 } end
local deliveries = lane_keys(prefix, 'delivery/' .. destination)
local tests = lane_keys(prefix, 'test/' .. destination)
local callbacks = lane_keys(prefix, 'callback/' .. destination)
local uncertain = prefix .. 'log:/' .. destination .. ':uncertain'
local waiting = redis.call('ZCARD', deliveries.due) + redis.call('ZCARD', tests.due) + redis.call('ZCARD', uncertain)
local to_tell = redis.call('ZCARD', callbacks.due) + redis.call('ZCARD', callbacks.flight)
local flying = redis.call('ZCARD', deliveries.flight) + redis.call('ZCARD', tests.flight)
if flying > 0 then return { 'flying', waiting, to_tell, flying } end
if ARGV[3] == '' and waiting + to_tell > 0 then return { 'waiting', waiting, to_tell, 0 } end
if ARGV[3] ~= '' and waiting ~= tonumber(ARGV[3]) then return { 'waiting', waiting, to_tell, 0 } end

local now = now_ms()
-- A new name costs the same however much waits, and whatever gets the destination's id next begins with nothing.
local function set_aside(set, kind)
  if redis.call('EXISTS', set) == 0 then return end
  local begins, stamp = prefix .. 'discard:' .. kind .. '/' .. destination .. '@', now
  while redis.call('EXISTS', begins .. stamp) == 1 do stamp = stamp + 1 end
  redis.call('RENAME', set, begins .. stamp)
  redis.call('SADD', prefix .. 'discards', kind .. '/' .. destination .. '@' .. stamp)
end
set_aside(deliveries.due, 'delivery')
set_aside(uncertain, 'uncertain')
set_aside(tests.due, 'test')
set_aside(callbacks.due, 'callback')
for _, id in ipairs(redis.call('ZRANGE', callbacks.flight, 0, -1)) do
  drop_callback(prefix, id, '', now)
end
for _, lane in ipairs({ deliveries, tests, callbacks }) do
  redis.call('DEL', lane.hash, lane.flight)
  redis.call('ZREM', lane.attention, lane.name)
end
redis.call('DEL', KEYS[1], prefix .. 'gone:' .. destination, prefix .. 'open:' .. destination)
return { 'deleted', waiting, to_tell, 0 }
