-- Put an entry that does not name a person in place of one that does, if that is there still. KEYS[1] the audit; ARGV the id of
-- the old entry, the new one's deed ('' for none). Returns 1 if it was replaced.
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[2] ~= '' then redis.call('XADD', KEYS[1], '*', 'deed', ARGV[2]) end
return 1
