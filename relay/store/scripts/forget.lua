-- Erase what a delivery and its callbacks carried: a person whom it names is to be forgotten. A batch that waits loses the
-- person's records only, and goes on with those of others. KEYS[1] the delivery's hash
-- ARGV 1 prefix, 2 id, 3 whether only to look (1 or 0), 4 whether what waits is canceled (1) or left as it is (0), 5 seconds to
--      keep what is canceled, 6 how many records of a batch name the person, then per record its number and the SHA-1 of what is
--      stored of it, then callbacks that name the person
-- Returns what became of it, its state ('expired' where only its callbacks are left), and its destination. What became of it:
-- 'erased'; or nothing, since it waits ('waiting'), is on its way ('sending'), its callback is not over ('telling'), or the
-- records are not those that were read ('changed'); or 'gone'. Doing it twice erases once.
local prefix, id, cancels = ARGV[1], ARGV[2], ARGV[4] == '1'
local last = 6 + 2 * ARGV[6]
local state, destination, named, test, count = unpack(
  redis.call('HMGET', KEYS[1], 'state', 'destination', 'callbacks', 'test', 'batch_count'))
local told = {}
for each in string.gmatch((named or '') .. ' ' .. table.concat(ARGV, ' ', last + 1), '%S+') do
  local about = redis.call('HGET', prefix .. 'callback:' .. each, 'destination')
  if about then
    told[#told + 1] = each
    destination = destination or about
  end
end
if not destination then return { 'gone', '', '' } end
local shown, over = state or 'expired', not state or OVER[state]
if state == 'sending' then return { 'sending', shown, destination } end
if not over and not cancels then return { 'waiting', shown, destination } end

local leaves, bytes, others = {}, 0, tonumber(count or '0')
for i = 7, last, 2 do
  local entry = redis.call('HGET', KEYS[1], 'batch:' .. ARGV[i])
  if not entry or redis.sha1hex(entry) ~= ARGV[i + 1] then return { 'changed', shown, destination } end
  leaves[tonumber(ARGV[i])], bytes, others = true, bytes + #entry, others - 1
end
local callbacks = lane_keys(prefix, 'callback/' .. destination)
local open, flying = false, false
for _, each in ipairs(told) do
  open = open or is_open(prefix, each)
  flying = flying or redis.call('ZSCORE', callbacks.flight, each)
end
-- What others wait to hear is not dropped for one of them.
if flying or (open and (not cancels or others > 0)) then return { 'telling', shown, destination } end
if ARGV[3] == '1' then return { 'erased', shown, destination } end

-- Take the person's records out of the batch; the others move up. What earlier attempts sent, and were told, held them, too.
local function take_out(now)
  local kept = 0
  for n = 1, tonumber(count) do
    if not leaves[n] then
      kept = kept + 1
      if kept < n then redis.call('HSET', KEYS[1], 'batch:' .. kept, redis.call('HGET', KEYS[1], 'batch:' .. n)) end
    end
  end
  for n = kept + 1, tonumber(count) do redis.call('HDEL', KEYS[1], 'batch:' .. n) end
  redis.call('HSET', KEYS[1], 'batch_count', kept, 'updated_at', now)
  if redis.call('HEXISTS', KEYS[1], 'batch_bytes') == 1 then redis.call('HINCRBY', KEYS[1], 'batch_bytes', -bytes) end
  -- Without its token, a late answer to an earlier attempt, which was made with them, cannot bring them back.
  redis.call('HDEL', KEYS[1], 'request', 'response', 'reason', 'token')
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.find(name, '^attempt:') then without_reason(KEYS[1], name) end
  end
end

local now = now_ms()
local goes_on = not over and others > 0
if goes_on then
  take_out(now)
elseif not over then
  local lane = lane_keys(prefix, (test and 'test/' or 'delivery/') .. destination)
  settle_by_hand(prefix, lane, id, state, 'canceled', '', ARGV[5], now)
  -- In strict order, what it blocked is due now.
  local due = next_due(lane)
  if due and may_run(prefix, lane.name) then attend(lane, due, now) end
end
for _, each in ipairs(told) do
  local key = prefix .. 'callback:' .. each
  redis.call('ZREM', callbacks.due, each)
  drop_callback(prefix, each, '', now)
  bare(key, 'forgotten')
  redis.call('HDEL', key, 'url') -- a setting, but it may name the person as well
  if not state then redis.call('DEL', key) end -- nobody can see it any more
end
if state and not goes_on then bare(KEYS[1], 'forgotten') end
return { 'erased', (over or goes_on) and shown or 'canceled', destination }
