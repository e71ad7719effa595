-- What every script stands on. Put in front of each of them when it is loaded.
-- Times are milliseconds since 1970 by Redis's own clock: one clock for all machines.

local HANDOVER = 5000 -- ms within which a turn that was asked for should have begun

-- The time. Where Redis's clock was set back (a correction, a restart on another machine), it goes on from the moment that was
-- noted last, a tenth slower than the clock until that has caught up: otherwise whatever is due at, leased until or put off
-- until a moment would stand still for as long as the clock was set back. So it never falls back by more than NOTE.
-- All keys of a tag share a note: what is compared with the time was written by the same time.
local NOTE = 5000 -- ms after which the moment is noted anew
local NOTE_STAYS = 691200000 -- ms; longer than any other key of a credential's tag
local function now_ms()
  local t = redis.call('TIME')
  local clock = t[1] * 1000 + math.floor(t[2] / 1000)
  local tag = string.match(KEYS[1], '^relay:{(.-)}:')
  local note = 'relay:{' .. tag .. '}:clock'
  local noted, shown = unpack(redis.call('HMGET', note, 'clock', 'shown'))
  local passed = clock - (tonumber(noted) or 0)
  local now = math.max(clock, (tonumber(shown) or 0) + math.floor(math.max(passed, 0) * 0.9))
  if passed < 0 or passed > NOTE then
    -- A full memory refuses this; that alone is no reason for a script not to go on.
    local done = redis.pcall('HSET', note, 'clock', clock, 'shown', now)
    if type(done) == 'number' and #tag > 1 then redis.call('PEXPIRE', note, NOTE_STAYS) end
  end
  return now
end

local function lane_keys(prefix, lane)
  return { name = lane, hash = prefix .. 'lane:' .. lane, due = prefix .. 'due:' .. lane,
           flight = prefix .. 'flight:' .. lane, attention = prefix .. 'attention' }
end

local function number_in(key, field)
  return tonumber(redis.call('HGET', key, field) or '0') or 0
end

-- A lane's kind, its destination, and what the keys of its items begin with: a lane of tests holds deliveries, too.
local function parts_of(prefix, lane)
  local kind, destination = string.match(lane, '^(%a+)/(.*)$')
  return kind, destination, prefix .. (kind == 'callback' and 'callback:' or 'delivery:')
end

-- A lane of deliveries rests while its destination is not active; tests and callbacks always go on.
local function may_run(prefix, lane)
  local kind, destination = parts_of(prefix, lane)
  if kind ~= 'delivery' then return true end
  return redis.call('HGET', prefix .. 'destination:' .. destination, 'state') == 'active'
end

-- In a lane of strict order one delivery begins at a time; tests and callbacks know no order.
local function is_strict(prefix, lane)
  local kind, destination = parts_of(prefix, lane)
  return kind == 'delivery' and redis.call('HGET', prefix .. 'destination:' .. destination, 'strict') == '1'
end

-- The oldest delivery of a lane that waits to be tried again, and when. Tests, and what waited in an earlier destination
-- with this id, are in the log as well, and not in the lane.
local function oldest_retrying(lane)
  local log = string.gsub(lane.attention, 'attention$', '') .. 'log:' .. string.gsub(lane.name, '^delivery', '') .. ':retrying'
  local from = 0
  repeat
    local ids = redis.call('ZRANGE', log, from, from + 99)
    for _, id in ipairs(ids) do
      local at = redis.call('ZSCORE', lane.due, id)
      if at then return id, tonumber(at) end
    end
    from = from + 100
  until #ids == 0
end

-- In a lane of strict order, a delivery that waits to be tried again blocks those behind it. Gives it, if there is one.
local function head_of(lane)
  local head = redis.call('HGET', lane.hash, 'head')
  if not head then return nil end
  local at = redis.call('ZSCORE', lane.due, head)
  if at then return head, tonumber(at) end
  if redis.call('ZSCORE', lane.flight, head) then return nil end
  -- Where the order became strict with several on their way, another one of them may wait as well.
  head, at = oldest_retrying(lane)
  if head then redis.call('HSET', lane.hash, 'head', head) else redis.call('HDEL', lane.hash, 'head') end
  return head, at
end

-- When somebody should look what became of the lane's attempts in flight: the first of them began then, or is held until then by
-- a process that ends and gave the lane away (hold.lua). nil where nothing is in flight.
local function held_until(lane)
  local first = redis.call('ZRANGE', lane.flight, 0, 0, 'WITHSCORES')
  return first[2] and tonumber(first[2])
end

-- When the lane's next item is due; nil where nothing waits.
local function next_due(lane)
  local _, at = head_of(lane)
  if at then return at end
  local first = redis.call('ZRANGE', lane.due, 0, 0, 'WITHSCORES')
  return first[2] and tonumber(first[2])
end

-- How many items could be begun now.
local function due_now(lane, now)
  local _, at = head_of(lane)
  if at then return at <= now and 1 or 0 end
  return redis.call('ZCOUNT', lane.due, '-inf', now)
end

-- Somebody should look at the lane at `at`. A turn that holds the lease will see for itself; a lane that waits for a
-- rate window, or that somebody is on the way to, is not hurried. Returns true if the lane is due and nobody knows yet.
local function attend(lane, at, now)
  if number_in(lane.hash, 'lease_until') > now then return false end
  at = math.max(at, number_in(lane.hash, 'not_before'))
  local asked = number_in(lane.hash, 'asked_until')
  local known = asked > now
  if known then at = math.max(at, asked) end
  local current = redis.call('ZSCORE', lane.attention, lane.name)
  if not current or tonumber(current) > at then
    redis.call('ZADD', lane.attention, at, lane.name)
  elseif tonumber(current) <= now then
    known = true
  end
  return at <= now and not known
end

-- Somebody was asked to come. If he does not, the lane's time comes again after the handover.
local function ask(lane, now)
  redis.call('HSET', lane.hash, 'asked_until', now + HANDOVER)
  redis.call('ZADD', lane.attention, now + HANDOVER, lane.name)
end

-- File a delivery under its new state, in the shard's log and in its destination's.
local function file(prefix, destination, id, old, new)
  if old == new then return end
  local shard, own = prefix .. 'log:', prefix .. 'log:/' .. destination .. ':'
  if old then
    redis.call('ZREM', shard .. old, id)
    redis.call('ZREM', own .. old, id)
  end
  redis.call('ZADD', shard .. new, 0, id)
  redis.call('ZADD', own .. new, 0, id)
end

-- No more records join this batch.
local function close_batch(prefix, destination, id)
  local group = redis.call('HGET', prefix .. 'delivery:' .. id, 'group')
  local open = prefix .. 'open:' .. destination
  if group and redis.call('HGET', open, group) == id then redis.call('HDEL', open, group) end
end

-- How many seconds what is settled stays: as its destination says, or else as the caller does.
local function stays(prefix, destination, usual)
  return tonumber(redis.call('HGET', prefix .. 'retention:' .. destination, 'keep') or usual)
end

local function words_in(text)
  local words = {}
  for word in string.gmatch(text or '', '%S+') do words[#words + 1] = word end
  return words
end

local ATTEMPTED = 'delivery.attempted'
local SUPERSEDED_STAYS = 2592000 -- seconds; as long as settled deliveries usually do
local MOST_NAMED = 20 -- callbacks that a delivery names, the latest; earlier news of attempts is sent all the same
local LONGEST_WAY = 600000 -- ms; no callback takes that long

-- A callback that is not to be sent any more. One that is on its way cannot be taken back, but it is not sent again.
local function drop_callback(prefix, id, reason, now)
  local key = prefix .. 'callback:' .. id
  local state, destination = unpack(redis.call('HMGET', key, 'state', 'destination'))
  if state == 'queued' or state == 'retrying' then
    redis.call('HSET', key, 'state', 'dead', 'updated_at', now, 'reason', reason)
    redis.call('HDEL', key, 'next_attempt_at', 'token')
    redis.call('EXPIRE', key, stays(prefix, destination, SUPERSEDED_STAYS))
  elseif state == 'sending' then
    redis.call('HSET', key, 'superseded', 1)
    redis.call('EXPIRE', key, stays(prefix, destination, SUPERSEDED_STAYS)) -- nobody may be left to write how it ended
  end
end

-- File a callback of a delivery. `told` is the callback's id, type, payload and URL, and why its payload could not be shaped
-- ('' where it was). An outcome replaces what still waits to be told of this delivery, and waits itself for what is on its way
-- (tell_now): old news must not arrive after new. So each outcome stays among those that the delivery names, while there is
-- anything of it. News of single attempts says which attempt it is about: it replaces nothing, and is not replaced.
local function tell(prefix, destination, id, told, now)
  local callback, about, payload, url, unshaped = unpack(told)
  local key, delivery = prefix .. 'callback:' .. callback, prefix .. 'delivery:' .. id
  local callbacks = lane_keys(prefix, 'callback/' .. destination)
  local due, before, named = now, words_in(redis.call('HGET', delivery, 'callbacks')), {}
  local too_many = #before + 1 - MOST_NAMED
  for _, earlier in ipairs(before) do
    local earlier_about = redis.call('HGET', prefix .. 'callback:' .. earlier, 'type')
    local is_outcome = earlier_about and earlier_about ~= ATTEMPTED
    if is_outcome and about ~= ATTEMPTED then
      if redis.call('ZSCORE', callbacks.flight, earlier) then due = now + LONGEST_WAY end
      redis.call('ZREM', callbacks.due, earlier)
      drop_callback(prefix, earlier, 'A newer outcome is told instead.', now)
    end
    if is_outcome or too_many <= 0 then named[#named + 1] = earlier else too_many = too_many - 1 end
  end
  named[#named + 1] = callback
  redis.call('HSET', key, 'delivery', id, 'destination', destination, 'type', about, 'payload', payload, 'url', url,
    'state', 'queued', 'attempt', 0, 'spent', 0, 'updated_at', now, 'next_attempt_at', due)
  if unshaped ~= '' then redis.call('HSET', key, 'unshaped', unshaped) end
  redis.call('HSET', delivery, 'callbacks', table.concat(named, ' '))
  redis.call('ZADD', callbacks.due, due, callback)
  attend(callbacks, due, now)
end

-- An outcome that was on its way as a newer one was filed has ended: the newer one waits no longer.
local function tell_now(prefix, callbacks, delivery, now)
  for _, id in ipairs(words_in(redis.call('HGET', prefix .. 'delivery:' .. delivery, 'callbacks'))) do
    local key, due = prefix .. 'callback:' .. id, tonumber(redis.call('ZSCORE', callbacks.due, id) or 0)
    if due > now and redis.call('HGET', key, 'state') == 'queued' then
      redis.call('HSET', key, 'next_attempt_at', now)
      redis.call('ZADD', callbacks.due, now, id)
      attend(callbacks, now, now)
    end
  end
end

-- End a delivery that waits, or that nobody knows about, without an attempt: a person decided, or its destination is gone.
-- Without its token, a late answer to an earlier attempt cannot overrule that.
local function settle_by_hand(prefix, lane, id, old, new, reason, keep, now)
  local key = prefix .. 'delivery:' .. id
  local _, destination = parts_of(prefix, lane.name)
  if old == 'collecting' then close_batch(prefix, destination, id) end
  redis.call('ZREM', lane.due, id)
  redis.call('HSET', key, 'state', new, 'updated_at', now, 'settled_at', now, 'reason', reason)
  redis.call('HDEL', key, 'next_attempt_at', 'token')
  redis.call('EXPIRE', key, stays(prefix, destination, keep))
  file(prefix, destination, id, old, new)
end

local TEST_STAYS = 3600 -- seconds, where payloads are not kept
local OVER = { delivered = true, dead = true, canceled = true, split = true }
-- What stays of an item whose payload goes: who, when, and what became of it. All else may name people, reasons too.
local SKELETON = {}
for name in string.gmatch('destination template state accepted_at updated_at settled_at first_attempt_at attempt spent known ' ..
    'token callbacks batch_count test part_of parts place after_unknown delivery type url superseded', '%S+') do
  SKELETON[name] = true
end

local function without_reason(key, name)
  local made = cjson.decode(redis.call('HGET', key, name))
  redis.call('HSET', key, name, cjson.encode({ number = made.number, started_at = made.started_at,
    ended_at = made.ended_at, verdict = made.verdict, status = made.status, decision = made.decision }))
end

-- Drop what an item carried. `how` says why, and marks it: 'dropped' (its destination keeps no payloads) or 'forgotten'.
local function bare(key, how)
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if string.find(name, '^attempt:') then
      without_reason(key, name)
    elseif not SKELETON[name] then
      redis.call('HDEL', key, name)
    end
  end
  redis.call('HSET', key, 'dropped', how)
  -- Whoever still has an attempt of it in his hands could bring the person back.
  if how == 'forgotten' then redis.call('HDEL', key, 'token') end
end

-- Tell whether a callback may still be sent, or is on its way.
local function is_open(prefix, id)
  local state, destination = unpack(redis.call('HMGET', prefix .. 'callback:' .. id, 'state', 'destination'))
  if state ~= 'sending' then return state == 'queued' or state == 'retrying' end
  return redis.call('ZSCORE', prefix .. 'flight:callback/' .. destination, id) and true
end

-- Where a destination keeps no payloads, what a delivery and its callbacks carried goes with whichever of them ends last.
-- Whatever ends a delivery or a callback does this last. `callback` is the one that ended, if it was one: news of a
-- single attempt goes at once, since its delivery names only the latest.
local function drop_payload(prefix, destination, id, callback)
  if redis.call('HGET', prefix .. 'retention:' .. destination, 'payload') ~= 'drop' then return end
  local key, told = prefix .. 'delivery:' .. id, callback and prefix .. 'callback:' .. callback
  if told and redis.call('HGET', told, 'type') == ATTEMPTED then bare(told, 'dropped') end
  local state, named, dropped, test = unpack(redis.call('HMGET', key, 'state', 'callbacks', 'dropped', 'test'))
  if not OVER[state] then return end
  if test then
    -- Whoever sent it looks at it now; it goes altogether soon.
    if redis.call('TTL', key) > TEST_STAYS then redis.call('EXPIRE', key, TEST_STAYS) end
    return
  end
  for each in string.gmatch(named or '', '%S+') do
    if is_open(prefix, each) then return end
  end
  if not dropped then bare(key, 'dropped') end
  for each in string.gmatch(named or '', '%S+') do
    local carried, gone = unpack(redis.call('HMGET', prefix .. 'callback:' .. each, 'delivery', 'dropped'))
    -- What ended just now may have been written to since: it was on its way as its destination was deleted.
    if carried and (not gone or each == callback) then bare(prefix .. 'callback:' .. each, gone or 'dropped') end
  end
end

-- Tell whether an item waited in a destination that was deleted with all that waited: its end is only a matter of time.
local function is_discarded(prefix, id)
  for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'discards')) do
    if redis.call('ZSCORE', prefix .. 'discard:' .. name, id) then return true end
  end
  return false
end
