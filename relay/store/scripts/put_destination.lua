-- Create a destination, or replace its settings if nobody changed them meanwhile.
-- KEYS[1] its hash; ARGV settings (JSON), when_inactive, revision ('' to create), template, prefix, id
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
  'updated_at', now)
redis.call('HINCRBY', KEYS[1], 'revision', 1)
redis.call('DEL', ARGV[5] .. 'gone:' .. ARGV[6]) -- a person looked at it: its receiver is asked anew
return 1
