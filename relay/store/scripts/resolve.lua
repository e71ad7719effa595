-- Settle an uncertain delivery as a person says, and file the callback that tells of it. KEYS[1] the delivery's hash
-- ARGV 1 prefix, 2 lane, 3 id, what the person knew of it (4 how many attempts, 5 how many records, 6 when it had changed
--      last), 7 new state, 8 reason, 9 seconds to keep, 10 callback id or '', 11 callback's type, 12 callback's payload,
--      13 callback's URL, 14 why its payload could not be shaped or ''
-- Returns the state that it was in ('' if there is none), 'discarded', or 'changed' if it is not what the person knew of.
-- It was settled if that state is uncertain.
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local _, destination = parts_of(prefix, lane.name)
local old, attempts, records, at = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempt', 'batch_count', 'updated_at'))
if not old then return '' end
if old ~= 'uncertain' then return old end
-- The callback tells of what was seen: not of an older attempt or answer, nor of somebody who was forgotten since.
if attempts ~= ARGV[4] or (records or '1') ~= ARGV[5] or at ~= ARGV[6] then return 'changed' end
if is_discarded(prefix, id) then return 'discarded' end
local now = now_ms()
settle_by_hand(prefix, lane, id, old, ARGV[7], ARGV[8], ARGV[9], now)
if ARGV[10] ~= '' then tell(prefix, destination, id, { unpack(ARGV, 10, 14) }, now) end
drop_payload(prefix, destination, id)
return old
