-- Begin attempts: what is due leaves the lane, and each attempt is on record before its first byte is sent.
-- Renews the lease as well. Asking again with the same `seq` gives the same attempts again: an answer may get lost.
-- KEYS[1] the lane's hash; ARGV prefix, lane, lease token, lease in ms, seq, how many, the destination's revision or ''
-- Returns {0} if the lease is lost, else {1, how many more items are due, then per item its id and HGETALL}.
local prefix, token, seq = ARGV[1], ARGV[3], ARGV[5]
local lane = lane_keys(prefix, ARGV[2])
local now = now_ms()
if redis.call('HGET', lane.hash, 'lease') ~= token then return { 0 } end
redis.call('HSET', lane.hash, 'lease_until', now + ARGV[4])
redis.call('ZADD', lane.attention, now + ARGV[4], lane.name)
local kind, destination, item_prefix = parts_of(prefix, lane.name)
local standing = prefix .. 'destination:' .. destination
-- A turn that read other settings than those that stand begins nothing more.
local stands = ARGV[7] == '' or redis.call('HGET', standing, 'revision') == ARGV[7]
local runs = stands and may_run(prefix, lane.name)
local strict = is_strict(prefix, lane.name)
local ids = {}
local claim = redis.call('HGET', lane.hash, 'claim') or ''
-- A claim that was under way for so long that a later one was made: nobody waits for what it would begin.
local late = string.sub(claim, 1, #token + 1) == token .. '.' and tonumber(string.sub(claim, #token + 2)) > tonumber(seq)
if claim == token .. '.' .. seq then
  for _, id in ipairs(redis.call('ZRANGE', lane.flight, 0, -1)) do
    if redis.call('HGET', item_prefix .. id, 'token') == token .. '.' .. seq then ids[#ids + 1] = id end
  end
elseif runs and not late and tonumber(ARGV[6]) > 0 then
  redis.call('HSET', lane.hash, 'claim', token .. '.' .. seq)
  local limit, found = tonumber(ARGV[6])
  if strict then limit = redis.call('EXISTS', lane.flight) == 1 and 0 or 1 end
  local head, head_due = head_of(lane)
  if head then
    found = (head_due <= now and limit > 0) and { head } or {}
  else
    found = redis.call('ZRANGEBYSCORE', lane.due, '-inf', now, 'LIMIT', 0, limit)
  end
  for _, id in ipairs(found) do
    local key = item_prefix .. id
    local state = redis.call('HGET', key, 'state')
    redis.call('ZREM', lane.due, id)
    if state then
      local number = redis.call('HINCRBY', key, 'attempt', 1)
      redis.call('HSETNX', key, 'first_attempt_at', now)
      redis.call('HSET', key, 'state', 'sending', 'token', token .. '.' .. seq, 'updated_at', now,
        'attempt:' .. number, cjson.encode({ number = number, started_at = now }))
      redis.call('HDEL', key, 'next_attempt_at', 'attempt:' .. (number - 100)) -- the log keeps the last hundred
      redis.call('ZADD', lane.flight, now, id)
      if state == 'collecting' then close_batch(prefix, destination, id) end
      if kind ~= 'callback' then file(prefix, destination, id, state, 'sending') end
      ids[#ids + 1] = id
    end
  end
end
-- In strict order an attempt whose end nobody could write lets nothing begin: to ask again and again would not help.
if strict and #ids == 0 and tonumber(ARGV[6]) > 0 and redis.call('EXISTS', lane.flight) == 1 then runs = false end
local reply = { 1, runs and due_now(lane, now) or 0 }
for _, id in ipairs(ids) do
  reply[#reply + 1] = { id, redis.call('HGETALL', item_prefix .. id) }
end
return reply
