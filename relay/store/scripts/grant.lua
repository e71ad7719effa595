-- Grant calls from a credential's budget. KEYS[1] the budget's hash
-- ARGV how many are wished (below 0: given back), limit, window in ms: the credential's own, until Calendly says otherwise
-- Returns {granted, ms until the window reopens (0 while something is left)}.
local now = now_ms()
local blocked_until = number_in(KEYS[1], 'blocked_until')
if blocked_until > now and tonumber(ARGV[1]) >= 0 then return { 0, blocked_until - now } end
local limit = tonumber(redis.call('HGET', KEYS[1], 'limit') or ARGV[2])
local remaining, reset_at = unpack(redis.call('HMGET', KEYS[1], 'remaining', 'reset_at'))
remaining, reset_at = tonumber(remaining or limit), tonumber(reset_at or '0')
if reset_at <= now then
  remaining, reset_at = limit, now + ARGV[3]
end
local granted = math.max(math.min(tonumber(ARGV[1]), remaining), math.min(tonumber(ARGV[1]), 0))
remaining = math.min(remaining - granted, limit)
redis.call('HSET', KEYS[1], 'remaining', remaining, 'reset_at', reset_at, 'assumed', limit)
redis.call('PEXPIRE', KEYS[1], math.max(reset_at - now, 1) + 86400000)
return { granted, remaining > 0 and 0 or reset_at - now }
