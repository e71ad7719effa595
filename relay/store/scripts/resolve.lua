-- Settle an uncertain delivery as a person says, and file the callback that tells of it. KEYS[1] the delivery's hash
-- ARGV 1 prefix, 2 lane, 3 id, 4 how many attempts the person knew of, 5 new state, 6 reason, 7 seconds to keep,
--      8 callback id or '', 9 callback's type, 10 callback's payload, 11 callback's URL,
--      12 why its payload could not be shaped or ''
-- Returns the state that it was in ('' if there is none), 'discarded', or 'attempted' if it was tried again meanwhile.
-- It was settled if that state is uncertain.
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local _, destination = parts_of(prefix, lane.name)
local old, attempts = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempt'))
if not old then return '' end
if old ~= 'uncertain' then return old end
if attempts ~= ARGV[4] then return 'attempted' end
if is_discarded(prefix, id) then return 'discarded' end
local now = now_ms()
settle_by_hand(prefix, lane, id, old, ARGV[5], ARGV[6], ARGV[7], now)
if ARGV[8] ~= '' then tell(prefix, destination, id, { unpack(ARGV, 8, 12) }, now) end
drop_payload(prefix, destination, id)
return old
