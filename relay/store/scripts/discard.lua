-- End some of what waited in a destination that was deleted. KEYS[1] the set of what was set aside
-- ARGV prefix, the set's name, how many, reason, seconds to keep
-- Returns how many are left. Doing it twice at a time does no harm; what a person ended meanwhile stays as it is.
local prefix, name = ARGV[1], ARGV[2]
local kind, destination = string.match(name, '^(%a+)/(.*)@%d+$')
local lane = lane_keys(prefix, (kind == 'test' and 'test/' or 'delivery/') .. destination)
local now = now_ms()
local ids = redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)
for _, id in ipairs(ids) do
  if kind == 'callback' then
    drop_callback(prefix, id, ARGV[4], now)
    local about = redis.call('HGET', prefix .. 'callback:' .. id, 'delivery')
    if about then drop_payload(prefix, destination, about, id) end
  else
    local old = redis.call('HGET', prefix .. 'delivery:' .. id, 'state')
    if old == 'collecting' or old == 'queued' or old == 'retrying' or old == 'uncertain' then
      settle_by_hand(prefix, lane, id, old, 'canceled', ARGV[4], ARGV[5], now)
      drop_payload(prefix, destination, id)
    end
  end
end
if #ids > 0 then redis.call('ZREM', KEYS[1], unpack(ids)) end
local left = redis.call('ZCARD', KEYS[1])
if left == 0 then redis.call('SREM', prefix .. 'discards', name) end
return left
