-- Put another text in place of the rest of a kept answer, if it is kept still. KEYS[1] the hash; ARGV the text that stood
-- there, the new one. Returns 1 if it was replaced.
if redis.call('HGET', KEYS[1], 'rest') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'rest', ARGV[2])
return 1
