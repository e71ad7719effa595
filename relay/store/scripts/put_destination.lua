-- Create a destination, or replace its settings if nobody changed them meanwhile.
-- KEYS[1] its hash; ARGV settings (JSON), when_inactive, revision ('' to create), template, prefix, id, strict order (1 or 0),
-- seconds to keep what is settled (0: as the relay does), whether with what it carried (1 or 0), whether a person did it (1 or 0)
-- Returns 1 if done, 0 if it exists (creating) or has changed (replacing), -1 if it is gone (replacing).
local now = now_ms()
local revision = redis.call('HGET', KEYS[1], 'revision')
if ARGV[3] == '' then
  if revision then return 0 end
  redis.call('HSET', KEYS[1], 'state', 'draft', 'paused_because', '', 'created_at', now, 'activated_at', 0)
else
  if not revision then return -1 end
  if revision ~= ARGV[3] then return 0 end
end
redis.call('HSET', KEYS[1], 'settings', ARGV[1], 'when_inactive', ARGV[2], 'template', ARGV[4],
  'strict', ARGV[7], 'updated_at', now)
-- A key of its own, since it outlives the destination: what was discarded with it ends later.
local retention = ARGV[5] .. 'retention:' .. ARGV[6]
if ARGV[8] == '0' then redis.call('HDEL', retention, 'keep') else redis.call('HSET', retention, 'keep', ARGV[8]) end
if ARGV[9] == '1' then redis.call('HDEL', retention, 'payload') else redis.call('HSET', retention, 'payload', 'drop') end
local lane = lane_keys(ARGV[5], 'delivery/' .. ARGV[6])
if ARGV[7] == '0' then
  redis.call('HDEL', lane.hash, 'head')
elseif not head_of(lane) then
  -- What waits to be tried again as strict order begins holds up the rest from now on.
  local head = oldest_retrying(lane)
  if head then redis.call('HSET', lane.hash, 'head', head) end
end
local due = next_due(lane)
if due and may_run(ARGV[5], lane.name) then attend(lane, due, now) end
redis.call('HINCRBY', KEYS[1], 'revision', 1)
-- Where a person looked at it, its receiver is asked anew.
if ARGV[10] == '1' then redis.call('DEL', ARGV[5] .. 'gone:' .. ARGV[6]) end
return 1
