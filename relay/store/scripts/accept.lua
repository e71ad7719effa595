-- Store a request's records: each a delivery of its own or part of a batch. Say whether a turn should be asked for.
-- KEYS[1] the destination's hash (places the script)
-- ARGV 1 prefix, 2 destination, 3 template, 4 key of the request ('' for none), 5 digest of its body, 6 ms to remember
--      it, 7 the rest of its answer, 8 how many deliveries may wait (0 for any number), 9 records in a batch, 10 ms that
--      a batch stays open, 11 weight of a batch, 12 ms to remember dedupe keys; then per record: id of its delivery,
--      record, fields, group ('' outside batches), weight, dedupe key ('' for none), digest of what would be sent
-- Returns {'gone'}, {'refused', state}, {'full', how many wait}, {'other body'}, {'other record', their places},
--      {'known', ids, rest of the first answer} or {'ok', wake, ids, how many of them were known}.
-- Without a key of the request or batches, doing it twice stores once: ids are the callers'.
local RECORD = 7 -- values for each
local MOST_BYTES = 4194304 -- in a batch, which is read and sent as one; a record that is larger has one of its own
local prefix, destination, template, request = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local size, window, most = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local state, when_inactive, stands, made = unpack(
  redis.call('HMGET', KEYS[1], 'state', 'when_inactive', 'template', 'created_at'))
-- Records that were checked for another template are for a destination that is gone, whatever has its id by now.
if not state or stands ~= template then return { 'gone' } end
local now = now_ms()
local lane = lane_keys(prefix, 'delivery/' .. destination)
-- What one destination was sent says nothing of a later one with its id.
local own = destination .. '@' .. made .. ':'
local request_key = prefix .. 'request:' .. own .. request
if request ~= '' then
  local digest, ids, rest = unpack(redis.call('HMGET', request_key, 'digest', 'ids', 'rest'))
  if digest and digest ~= ARGV[5] then return { 'other body' } end
  if digest then return { 'known', cjson.decode(ids), rest } end
end
if state ~= 'active' and when_inactive == 'refuse' then return { 'refused', state } end

-- A digest is "settings.fields": what was read under other settings says nothing about a repeat.
local function sends_other(first, digest)
  return string.match(first, '^%w*') == string.match(digest, '^%w*') and first ~= digest
end

-- The batch that collects a group's records, and what it holds; without the latter it takes no more.
local open = prefix .. 'open:' .. destination
local function open_batch(group)
  local id = redis.call('HGET', open, group)
  if not id then return nil end
  local state_now, count, heavy, bytes = unpack(
    redis.call('HMGET', prefix .. 'delivery:' .. id, 'state', 'batch_count', 'batch_weight', 'batch_bytes'))
  if state_now ~= 'collecting' then return id end
  return id, { count = tonumber(count), heavy = tonumber(heavy), bytes = tonumber(bytes) or 0 }
end

local function fits(batch, weight, bytes)
  return batch.count < size and batch.heavy + weight <= most and batch.bytes + bytes <= MOST_BYTES
end

-- How many deliveries a record adds: none where it finds room in a batch, as `join` will find it.
local filling = {}
local function added(id, group, weight, bytes)
  -- One that is stored already is our own, after an answer of Redis that got lost.
  if group == '' then return 1 - redis.call('EXISTS', prefix .. 'delivery:' .. id) end
  local batch, _ = filling[group]
  if not batch then _, batch = open_batch(group) end
  local more = not (batch and fits(batch, weight, bytes))
  if more then batch = { count = 0, heavy = 0, bytes = 0 } end
  filling[group] = { count = batch.count + 1, heavy = batch.heavy + weight, bytes = batch.bytes + bytes }
  return more and 1 or 0
end

-- First look at everything, so that nothing is stored by halves.
local ids, others, known, fresh, here = {}, {}, 0, 0, {}
for i = 13, #ARGV, RECORD do
  local place, dedupe, digest = #ids + 1, ARGV[i + 5], ARGV[i + 6]
  local first = dedupe ~= '' and (here[dedupe] or redis.call('GET', prefix .. 'seen:' .. own .. dedupe))
  if not first then
    ids[place], fresh = ARGV[i], fresh + added(ARGV[i], ARGV[i + 3], tonumber(ARGV[i + 4]), #ARGV[i + 1] + #ARGV[i + 2])
    if dedupe ~= '' then here[dedupe] = digest .. ' ' .. place end
  elseif sends_other(string.match(first, '^%S+'), digest) then
    ids[place] = ''
    others[#others + 1] = place - 1
  else
    -- A place stands for "the record there in this request", whose delivery is not known before it is stored.
    ids[place], known = tonumber(string.match(first, '%S+$')) or string.match(first, '%S+$'), known + 1
  end
end
if #others > 0 then return { 'other record', others } end
local waiting = redis.call('ZCARD', lane.due) + redis.call('ZCARD', lane.flight)
-- Where nothing waits a request is taken whatever it brings: otherwise one that is larger than the bound would be sent for ever.
if tonumber(ARGV[8]) > 0 and fresh > 0 and waiting > 0 and waiting + fresh > tonumber(ARGV[8]) then
  return { 'full', waiting }
end

-- In strict order nothing is due before what was taken before it, although Redis's clock may have been set back in between.
local strict = is_strict(prefix, lane.name)
local function in_order(due)
  if not strict then return due end
  local latest = number_in(lane.hash, 'latest')
  if due < latest then due = latest + 1 end
  redis.call('HSET', lane.hash, 'latest', due)
  return due
end

local function begin(id, new_state, due, ...)
  local key = prefix .. 'delivery:' .. id
  redis.call('HSET', key, 'destination', destination, 'template', template, 'state', new_state, 'accepted_at', now,
    'updated_at', now, 'attempt', 0, 'spent', 0, ...)
  redis.call('ZADD', lane.due, due, id)
  redis.call('ZADD', prefix .. 'log', 0, id)
  redis.call('ZADD', prefix .. 'log:/' .. destination, 0, id)
  file(prefix, destination, id, false, new_state)
  return key
end

-- A full batch is due now; the next record of its group opens another one.
local function leave(id)
  local key = prefix .. 'delivery:' .. id
  close_batch(prefix, destination, id)
  if redis.call('HGET', key, 'state') ~= 'collecting' then return end
  redis.call('HSET', key, 'state', 'queued', 'updated_at', now)
  redis.call('ZADD', lane.due, now, id)
  file(prefix, destination, id, 'collecting', 'queued')
end

local function join(new, group, weight, record, fields)
  local bytes = #record + #fields
  local id, batch = open_batch(group)
  if id and not (batch and fits(batch, weight, bytes)) then
    leave(id)
    id = nil
  end
  if not id then
    id, batch = new, { count = 0, heavy = 0, bytes = 0 }
    begin(id, 'collecting', now + window, 'group', group)
    redis.call('HSET', open, group, id)
  end
  local count = batch.count + 1
  redis.call('HSET', prefix .. 'delivery:' .. id, 'batch:' .. count, '[' .. record .. ',' .. fields .. ']',
    'batch_count', count, 'batch_weight', batch.heavy + weight, 'batch_bytes', batch.bytes + bytes, 'updated_at', now)
  if count >= size then leave(id) end
  return id
end

local place = 0
for i = 13, #ARGV, RECORD do
  place = place + 1
  local id, record, fields, group, weight, dedupe, digest = unpack(ARGV, i, i + 6)
  if type(ids[place]) == 'number' then
    ids[place] = ids[ids[place]]
  elseif ids[place] == id then
    if group ~= '' then
      ids[place] = join(id, group, tonumber(weight), record, fields)
    elseif redis.call('EXISTS', prefix .. 'delivery:' .. id) == 0 then
      begin(id, 'queued', in_order(now), 'records', '[' .. record .. ']', 'fields', fields)
    end
    if dedupe ~= '' then
      redis.call('SET', prefix .. 'seen:' .. own .. dedupe, digest .. ' ' .. ids[place], 'PX', ARGV[12])
    end
  end
end
if request ~= '' then
  redis.call('HSET', request_key, 'digest', ARGV[5], 'ids', cjson.encode(ids), 'rest', ARGV[7])
  redis.call('PEXPIRE', request_key, ARGV[6])
end
local wake = 0
local due = next_due(lane)
if state == 'active' and due and attend(lane, due, now) then
  ask(lane, now)
  wake = 1
end
return { 'ok', wake, ids, known }
