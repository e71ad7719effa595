-- Put an item back into its lane, due as soon as may be, with its attempts to spend anew. What was in flight cannot be put back.
-- KEYS[1] the item's hash; ARGV prefix, lane, id, what the caller knew of it (4 when its destination was made, 5 how many
-- attempts there were, '' where that does not matter), then the states it may be in
-- Returns the state that it was in ('' if there is none), or 'discarded' where its destination was deleted with it, or
-- 'changed' where it is not what the caller knew of, or 'dropped' or 'forgotten' where nothing is left to send, or 'overtaken'
-- where it is a callback and a newer one was filed since it was chosen; it was requeued if that state is among those given.
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local kind, destination = parts_of(prefix, lane.name)
local old, attempts = unpack(redis.call('HMGET', KEYS[1], 'state', 'attempt'))
local made = redis.call('HGET', prefix .. 'destination:' .. destination, 'created_at')
if not old or not made then return '' end
if is_discarded(prefix, id) then return 'discarded' end
-- A destination that was made anew may be for other calls; and nobody decided about an attempt that came after he looked.
if made ~= ARGV[4] or (ARGV[5] ~= '' and attempts ~= ARGV[5]) then return 'changed' end
if kind == 'callback' then
  -- Old news must not arrive after new.
  local about = prefix .. 'delivery:' .. redis.call('HGET', KEYS[1], 'delivery')
  if string.match(redis.call('HGET', about, 'callbacks') or '', '%S+$') ~= id then return 'overtaken' end
end
for i = 6, #ARGV do
  if ARGV[i] == old then
    local dropped = redis.call('HGET', KEYS[1], 'dropped')
    if dropped then return dropped end
    local now = now_ms()
    -- A call of a worker that seemed dead may still be on its way: two at a time must never be.
    local due = math.max(now, number_in(KEYS[1], 'may_fly_until'))
    redis.call('HSET', KEYS[1], 'state', 'queued', 'spent', 0, 'updated_at', now, 'next_attempt_at', due, 'by_hand', 1,
      -- Whoever retries knows of the calls that may have worked by now, and of no later one.
      'accepted', redis.call('HGET', KEYS[1], 'after_unknown') or '0')
    -- Without its token, a late answer to an earlier attempt cannot overrule what a person decided.
    redis.call('HDEL', KEYS[1], 'settled_at', 'first_attempt_at', 'token', 'reason', 'superseded', 'only_looks')
    -- What a look-up found is looked up anew, unless an earlier attempt may have used it up.
    if redis.call('HEXISTS', KEYS[1], 'after_unknown') == 0 then redis.call('HDEL', KEYS[1], 'found') end
    redis.call('PERSIST', KEYS[1])
    redis.call('ZADD', lane.due, due, id)
    if kind == 'delivery' then file(prefix, destination, id, old, 'queued') end
    if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end
    break
  end
end
return old
