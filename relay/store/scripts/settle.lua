-- Write what an attempt came to: the attempt, the state, the place in the lane, and the callback with its place.
-- KEYS[1] the item's hash
-- ARGV 1 prefix, 2 lane, 3 id, 4 attempt token, 5 whether this is an answer (1) or nobody knows (0), 6 new state,
--      7 ms to wait (or -1), 8 attempts spent, 9 attempt number, 10 the attempt (JSON, without its times),
--      11 seconds to keep (or -1), 12 callback id or '', 13 callback's type, 14 callback's payload,
--      15 callback's URL, 16... names and values to set
-- Returns 1 if written, 0 if a newer truth stands.
local SUPERSEDED_STAYS = 2592000 -- seconds; as long as settled deliveries usually do
local prefix, id, token, state, number = ARGV[1], ARGV[3], ARGV[4], ARGV[6], ARGV[9]
local lane = lane_keys(prefix, ARGV[2])
local kind, destination = string.match(lane.name, '^(%a+)/(.*)$')
local held, old, known = unpack(redis.call('HMGET', KEYS[1], 'token', 'state', 'known'))
-- The fence: the token is this attempt's as long as no newer attempt began and nobody decided by hand.
if held ~= token then return 0 end
-- After a turn died, its attempt was settled as unknown. Its own late answer may still put that right; nothing else may.
if old ~= 'sending' and (ARGV[5] == '0' or known == '1') then return 0 end
local wait, keep = tonumber(ARGV[7]), tonumber(ARGV[11])
if wait >= 0 and redis.call('HGET', KEYS[1], 'superseded') then
  -- A callback that was on its way when a newer outcome was filed: it is not sent again.
  state, wait, keep = 'dead', -1, SUPERSEDED_STAYS
end
local now = now_ms()
local attempt = cjson.decode(ARGV[10])
local begun = redis.call('HGET', KEYS[1], 'attempt:' .. number)
attempt.number = tonumber(number)
attempt.started_at = begun and cjson.decode(begun).started_at or now
attempt.ended_at = now
redis.call('HSET', KEYS[1], 'state', state, 'updated_at', now, 'spent', ARGV[8], 'known', ARGV[5],
  'attempt:' .. number, cjson.encode(attempt))
for i = 16, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('ZREM', lane.flight, id)
redis.call('ZREM', lane.due, id)
if kind == 'delivery' then file(prefix, destination, id, old, state) end
if wait >= 0 then
  redis.call('HSET', KEYS[1], 'next_attempt_at', now + wait)
  redis.call('HDEL', KEYS[1], 'settled_at')
  redis.call('ZADD', lane.due, now + wait, id)
  if may_run(prefix, lane.name) then attend(lane, now + wait, now) end
else
  redis.call('HSET', KEYS[1], 'settled_at', now)
  redis.call('HDEL', KEYS[1], 'next_attempt_at')
end
if keep > 0 then redis.call('EXPIRE', KEYS[1], keep) end
if ARGV[12] ~= '' then
  local callback = prefix .. 'callback:' .. ARGV[12]
  redis.call('HSET', callback, 'delivery', id, 'destination', destination, 'type', ARGV[13], 'payload', ARGV[14],
    'url', ARGV[15], 'state', 'queued', 'attempt', 0, 'spent', 0, 'updated_at', now, 'next_attempt_at', now)
  local ids = redis.call('HGET', KEYS[1], 'callbacks')
  local callbacks = lane_keys(prefix, 'callback/' .. destination)
  -- What is told now replaces what still waits to be told of this delivery: old news must not arrive after new.
  for earlier in string.gmatch(ids or '', '%S+') do
    local key = prefix .. 'callback:' .. earlier
    local waits = redis.call('HGET', key, 'state')
    if waits == 'queued' or waits == 'retrying' then
      redis.call('ZREM', callbacks.due, earlier)
      redis.call('HSET', key, 'state', 'dead', 'updated_at', now, 'reason', 'A newer outcome is told instead.')
      redis.call('HDEL', key, 'next_attempt_at', 'token')
      redis.call('EXPIRE', key, SUPERSEDED_STAYS)
    elseif waits == 'sending' then
      redis.call('HSET', key, 'superseded', 1)
    end
  end
  redis.call('HSET', KEYS[1], 'callbacks', (ids and ids .. ' ' or '') .. ARGV[12])
  redis.call('ZADD', callbacks.due, now, ARGV[12])
  attend(callbacks, now, now)
end
return 1
