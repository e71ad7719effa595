-- Write down something about an attempt in flight, before its call is sent: the fence keeps out whoever was overtaken.
-- KEYS[1] the item's hash; ARGV prefix, lane, id, attempt token, name, value ('' takes it away)
-- Returns 1 if written, 0 if a newer truth stands: then nothing may be sent any more.
local held, state = unpack(redis.call('HMGET', KEYS[1], 'token', 'state'))
if held ~= ARGV[4] or state ~= 'sending' then return 0 end
if ARGV[6] == '' then
  redis.call('HDEL', KEYS[1], ARGV[5])
else
  redis.call('HSET', KEYS[1], ARGV[5], ARGV[6])
end
redis.call('HSET', KEYS[1], 'noted_at', now_ms()) -- the call goes out after this, not when the attempt began
return 1
