-- Write what an attempt came to: the attempt, the state, the place in the lane, and the callback with its place.
-- KEYS[1] the item's hash
-- ARGV 1 prefix, 2 lane, 3 id, 4 attempt token, 5 whether this is an answer (1) or nobody knows (0), 6 new state,
--      7 ms to wait (or -1), 8 attempts spent, 9 attempt number, 10 the attempt (JSON, without its times),
--      11 seconds to keep (or -1), 12 callback id or '', 13 callback's type, 14 callback's payload,
--      15 callback's URL, 16 why its payload could not be shaped or '', 17 how many names and values to set, 18...
--      those ('' takes the name away), and then per part of a batch that is split its id, how many records it has, and each of them with its
--      fields (JSON)
-- Returns 1 if written, 0 if a newer truth stands.
local prefix, id, token, state, number = ARGV[1], ARGV[3], ARGV[4], ARGV[6], ARGV[9]
local lane = lane_keys(prefix, ARGV[2])
local kind, destination = parts_of(prefix, lane.name)
local held, old, known = unpack(redis.call('HMGET', KEYS[1], 'token', 'state', 'known'))
-- The fence: the token is this attempt's as long as no newer attempt began and nobody decided by hand.
if held ~= token then return 0 end
-- After a turn died, its attempt was settled as unknown. Its own late answer may still put that right; nothing else may.
if old ~= 'sending' and (ARGV[5] == '0' or known == '1' or is_discarded(prefix, id)) then return 0 end
local wait, keep = tonumber(ARGV[7]), tonumber(ARGV[11])
if wait >= 0 and redis.call('HGET', KEYS[1], 'superseded') then
  -- A callback that was on its way when a newer outcome was filed: it is not sent again.
  state, wait, keep = 'dead', -1, SUPERSEDED_STAYS
end
local attempt = cjson.decode(ARGV[10])
-- This comes first because it frees memory: Redis goes on with a script that has written, so that an answer in a worker's
-- hands is stored whole even where `maxmemory` is reached. So does release.lua.
redis.call('ZREM', lane.flight, id)
local now = now_ms()
local begun = redis.call('HGET', KEYS[1], 'attempt:' .. number)
attempt.number = tonumber(number)
attempt.started_at = begun and cjson.decode(begun).started_at or now
attempt.ended_at = now
redis.call('HSET', KEYS[1], 'state', state, 'updated_at', now, 'spent', ARGV[8], 'known', ARGV[5],
  'attempt:' .. number, cjson.encode(attempt))
local last = 17 + ARGV[17]
for i = 18, last, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i]) else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('ZREM', lane.due, id)
if kind ~= 'callback' then file(prefix, destination, id, old, state) end
if wait >= 0 then
  redis.call('HSET', KEYS[1], 'next_attempt_at', now + wait)
  redis.call('HDEL', KEYS[1], 'settled_at')
  redis.call('ZADD', lane.due, now + wait, id)
  if kind == 'delivery' and redis.call('HGET', prefix .. 'destination:' .. destination, 'strict') == '1' then
    local head = head_of(lane)
    -- Where the order became strict with several in flight, the oldest of them goes first.
    if not head or id < head then redis.call('HSET', lane.hash, 'head', id) end
  end
  if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end
else
  redis.call('HSET', KEYS[1], 'settled_at', now)
  redis.call('HDEL', KEYS[1], 'next_attempt_at')
  -- What held up its lane in strict order may have ended late, or in the hands of a process that gave the lane away: nobody
  -- may be there to see that.
  local due = number_in(lane.hash, 'lease_until') <= now and next_due(lane)
  if due and may_run(prefix, lane.name) then attend(lane, due, now) end
end
if state == 'split' then
  -- The parts take the place of the batch in its lane: what came after it, be it by less than a millisecond, stays behind.
  local template, accepted_at, place, unknown = unpack(
    redis.call('HMGET', KEYS[1], 'template', 'accepted_at', 'place', 'after_unknown'))
  place = (tonumber(place) or tonumber(accepted_at)) - 1
  local parts, i = {}, last + 1
  while i < #ARGV do
    local part, count = ARGV[i], tonumber(ARGV[i + 1])
    local key = prefix .. 'delivery:' .. part
    redis.call('HSET', key, 'destination', destination, 'template', template, 'state', 'queued', 'accepted_at',
      accepted_at, 'updated_at', now, 'attempt', 0, 'spent', 0, 'part_of', id, 'batch_count', count,
      'place', place)
    -- What an earlier attempt of the whole may have done, it may have done with this part.
    if unknown then redis.call('HSET', key, 'after_unknown', unknown) end
    for n = 1, count do redis.call('HSET', key, 'batch:' .. n, ARGV[i + 1 + n]) end
    redis.call('ZADD', lane.due, place, part)
    redis.call('ZADD', prefix .. 'log', 0, part)
    redis.call('ZADD', prefix .. 'log:/' .. destination, 0, part)
    file(prefix, destination, part, false, 'queued')
    parts[#parts + 1] = part
    i = i + 2 + count
  end
  redis.call('HSET', KEYS[1], 'parts', table.concat(parts, ' '))
  if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end
end
local about = kind == 'callback' and redis.call('HGET', KEYS[1], 'delivery') or id
if redis.call('HGET', KEYS[1], 'superseded') then tell_now(prefix, lane, about, now) end
if keep > 0 then
  keep = stays(prefix, destination, keep)
  -- A callback is seen with its delivery only, so it goes with it at the latest: what was tried for longer goes now.
  local left = kind == 'callback' and redis.call('TTL', prefix .. 'delivery:' .. about) or -1
  if left ~= -1 then keep = math.max(1, math.min(keep, left)) end
  redis.call('EXPIRE', KEYS[1], keep)
end
if ARGV[12] ~= '' then tell(prefix, destination, id, { unpack(ARGV, 12, 16) }, now) end
if wait < 0 then drop_payload(prefix, destination, about, kind == 'callback' and id) end
return 1
