-- Forget how long a deleted destination kept what it settled: nothing of it is left. KEYS[1] the hash that says so
-- ARGV prefix, destination. Where it was made anew meanwhile, the hash is the new one's.
if redis.call('EXISTS', ARGV[1] .. 'destination:' .. ARGV[2]) == 0 then redis.call('DEL', KEYS[1]) end
return 1
