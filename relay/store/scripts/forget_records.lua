-- Take a person's records out of a batch that waits, and leave those of others. KEYS[1] the delivery's hash
-- ARGV 1 prefix, 2 id, then per record that names the person its number in the batch and the SHA-1 of what is stored of it
-- Returns what became of it ('erased', 'sending', 'telling', 'changed' or 'gone'), its state, and its destination. What
-- earlier attempts sent and were told held those records, so that goes, too.
local prefix, id = ARGV[1], ARGV[2]
local state, destination, count, named = unpack(
  redis.call('HMGET', KEYS[1], 'state', 'destination', 'batch_count', 'callbacks'))
if not state then return { 'gone', '', '' } end
if state == 'sending' then return { 'sending', state, destination } end
if OVER[state] or not count then return { 'changed', state, destination } end
local callbacks = lane_keys(prefix, 'callback/' .. destination)
for each in string.gmatch(named or '', '%S+') do
  if redis.call('ZSCORE', callbacks.flight, each) then return { 'telling', state, destination } end
end
local leaves, bytes = {}, 0
for i = 3, #ARGV, 2 do
  local entry = redis.call('HGET', KEYS[1], 'batch:' .. ARGV[i])
  if not entry or redis.sha1hex(entry) ~= ARGV[i + 1] then return { 'changed', state, destination } end
  leaves[tonumber(ARGV[i])], bytes = true, bytes + #entry
end

local now, kept = now_ms(), 0
for n = 1, tonumber(count) do
  if not leaves[n] then
    kept = kept + 1
    if kept < n then redis.call('HSET', KEYS[1], 'batch:' .. kept, redis.call('HGET', KEYS[1], 'batch:' .. n)) end
  end
end
for n = kept + 1, tonumber(count) do redis.call('HDEL', KEYS[1], 'batch:' .. n) end
redis.call('HSET', KEYS[1], 'batch_count', kept, 'updated_at', now)
if redis.call('HEXISTS', KEYS[1], 'batch_bytes') == 1 then redis.call('HINCRBY', KEYS[1], 'batch_bytes', -bytes) end
redis.call('HDEL', KEYS[1], 'request', 'response', 'reason')
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.find(name, '^attempt:') then without_reason(KEYS[1], name) end
end
for each in string.gmatch(named or '', '%S+') do
  redis.call('ZREM', callbacks.due, each)
  drop_callback(prefix, each, '', now)
  if redis.call('EXISTS', prefix .. 'callback:' .. each) == 1 then bare(prefix .. 'callback:' .. each, 'forgotten') end
end
return { 'erased', state, destination }
