-- What every script stands on. Put in front of each of them when it is loaded.
-- Times are milliseconds since 1970 by Redis's own clock: one clock for all machines.

local HANDOVER = 5000 -- ms within which a turn that was asked for should have begun

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function lane_keys(prefix, lane)
  return { name = lane, hash = prefix .. 'lane:' .. lane, due = prefix .. 'due:' .. lane,
           flight = prefix .. 'flight:' .. lane, attention = prefix .. 'attention' }
end

local function number_in(key, field)
  return tonumber(redis.call('HGET', key, field) or '0') or 0
end

-- A lane of deliveries rests while its destination is not active; callbacks always go on.
local function may_run(prefix, lane)
  local kind, destination = string.match(lane, '^(%a+)/(.*)$')
  if kind ~= 'delivery' then return true end
  return redis.call('HGET', prefix .. 'destination:' .. destination, 'state') == 'active'
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
