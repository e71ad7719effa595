-- Tell how long ago the time of a shard's first lane came.
-- KEYS[1] the shard's attention list; returns ms, or -1 while no lane is due.
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return first[1] and math.max(-1, now_ms() - tonumber(first[2])) or -1
