-- Take a delivery out of its lane for good, unless its call is on the way; an uncertain one is in no lane. KEYS[1] the delivery's hash
-- ARGV prefix, lane, id, reason, seconds to keep; returns the state that it was in ('' if there is none).
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local old = redis.call('HGET', KEYS[1], 'state')
if not old then return '' end
if old == 'collecting' or old == 'queued' or old == 'retrying' or old == 'uncertain' then
  local now = now_ms()
  settle_by_hand(prefix, lane, id, old, 'canceled', ARGV[4], ARGV[5], now)
  local _, destination = parts_of(prefix, lane.name)
  drop_payload(prefix, destination, id)
  -- In strict order, what it blocked is due now.
  local due = next_due(lane)
  if due and may_run(prefix, lane.name) then attend(lane, due, now) end
end
return old
