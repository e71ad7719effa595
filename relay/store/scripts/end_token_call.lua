-- Let go of the lock of a renewal, and write down how the renewal ended. KEYS[1] the renewal's hash
-- ARGV holder, what: 'none' was begun, it is 'over', it 'failed', or 'unknown'; ms to stay away after the last two
-- Returns 0 if somebody else holds the lock by now.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'holder', 'until')
if ARGV[2] == 'none' then return 1 end
if ARGV[2] == 'over' then
  redis.call('HDEL', KEYS[1], 'begun', 'begun_at', 'failed', 'not_before')
  return 1
end
redis.call('HINCRBY', KEYS[1], 'failed', 1)
redis.call('HSET', KEYS[1], 'not_before', now_ms() + ARGV[3])
if ARGV[2] == 'failed' then redis.call('HSET', KEYS[1], 'begun_at', 0) end
return 1
