-- Count a token call before it is made; a renewal is also written down, so that a process that dies in it is noticed.
-- KEYS[1] the renewal's hash; ARGV most calls in a window, window in ms, holder ('' for a call that needs no lock), grant
-- Returns {1, when a renewal of this grant was begun of which nobody knows the end (ms; 0 for none), renewals that failed
-- in turn}, {0, ms to wait}, or {-1} if the holder has lost the lock.
local now, window, holder = now_ms(), tonumber(ARGV[2]), ARGV[3]
if holder ~= '' then
  local held = redis.call('HGET', KEYS[1], 'holder') == holder and number_in(KEYS[1], 'until') > now
  if not held then return { -1 } end
  -- Only who renewed this very grant in vain has to stay away: one that was connected since starts anew.
  local rests = number_in(KEYS[1], 'not_before') - now
  if rests > 0 and redis.call('HGET', KEYS[1], 'begun') == ARGV[4] then return { 0, rests } end
end
local counted = {}
for at in string.gmatch(redis.call('HGET', KEYS[1], 'calls') or '', '%d+') do
  if tonumber(at) + window > now then counted[#counted + 1] = at end
end
if #counted >= tonumber(ARGV[1]) then return { 0, tonumber(counted[1]) + window - now } end
counted[#counted + 1] = string.format('%.0f', now)
redis.call('HSET', KEYS[1], 'calls', table.concat(counted, ' '))
redis.call('PEXPIRE', KEYS[1], 604800000)
if holder == '' then return { 1, 0, 0 } end
if redis.call('HGET', KEYS[1], 'begun') ~= ARGV[4] then
  redis.call('HSET', KEYS[1], 'begun', ARGV[4], 'begun_at', 0, 'failed', 0)
end
local unsettled = number_in(KEYS[1], 'begun_at')
if unsettled == 0 then redis.call('HSET', KEYS[1], 'begun_at', now) end
return { 1, unsettled, number_in(KEYS[1], 'failed') }
