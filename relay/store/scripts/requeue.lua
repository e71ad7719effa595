-- Put an item back into its lane, due now, with its attempts to spend anew. What was in flight cannot be put back.
-- KEYS[1] the item's hash; ARGV prefix, lane, id, then the states it may be in
-- Returns the state that it was in ('' if there is none); it was requeued if that state is among those given.
local prefix, id = ARGV[1], ARGV[3]
local lane = lane_keys(prefix, ARGV[2])
local kind, destination = string.match(lane.name, '^(%a+)/(.*)$')
local old = redis.call('HGET', KEYS[1], 'state')
if not old then return '' end
for i = 4, #ARGV do
  if ARGV[i] == old then
    local now = now_ms()
    redis.call('HSET', KEYS[1], 'state', 'queued', 'spent', 0, 'updated_at', now, 'next_attempt_at', now)
    -- Without its token, a late answer to an earlier attempt cannot overrule what a person decided.
    redis.call('HDEL', KEYS[1], 'settled_at', 'first_attempt_at', 'token', 'reason')
    redis.call('PERSIST', KEYS[1])
    redis.call('ZADD', lane.due, now, id)
    if kind == 'delivery' then file(prefix, destination, id, old, 'queued') end
    if may_run(prefix, lane.name) then attend(lane, now, now) end
    break
  end
end
return old
