-- Let one process renew an OAuth grant at a time. KEYS[1] the renewal's hash; ARGV holder, how long in ms
-- Returns 0 if the holder has the lock now, else the ms until whoever holds it must have let go.
local now = now_ms()
local until_then = number_in(KEYS[1], 'until')
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[1] and until_then > now then return until_then - now end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], 604800000)
return 0
