-- Find lanes whose time has come, and note that somebody was asked to come.
-- KEYS[1] the shard's attention list; ARGV prefix, how many
-- Returns the lanes' names, the one that waited longest first.
local now = now_ms()
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, name in ipairs(names) do ask(lane_keys(ARGV[1], name), now) end
return names
