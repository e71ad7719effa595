-- Bring a settled delivery and its callbacks to what its destination says now of keeping them: they may go earlier, never
-- later than they were to go, and without their payload. KEYS[1] the delivery's hash; ARGV prefix, id, seconds to keep where
-- the destination says nothing of its own. Doing it twice changes nothing.
-- Returns 1 if the delivery is there, 0 if it has expired.
local prefix, id = ARGV[1], ARGV[2]
local state, destination, named, at = unpack(
  redis.call('HMGET', KEYS[1], 'state', 'destination', 'callbacks', 'settled_at'))
if not state then return 0 end
if not OVER[state] then return 1 end
local left = tonumber(at or 0) + stays(prefix, destination, ARGV[3]) * 1000 - now_ms()

local function go_earlier(key)
  local stays_for = redis.call('PTTL', key)
  if stays_for == -1 or stays_for > left then redis.call('PEXPIRE', key, math.max(1, left)) end
end

drop_payload(prefix, destination, id)
for callback in string.gmatch(named or '', '%S+') do
  if not is_open(prefix, callback) then go_earlier(prefix .. 'callback:' .. callback) end
end
go_earlier(KEYS[1])
return 1
