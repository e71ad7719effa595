-- Erase what a delivery and its callbacks carried: a person whom it names is to be forgotten. KEYS[1] the delivery's hash
-- ARGV 1 prefix, 2 id, 3 whether only to look (1 or 0), 4 whether what waits is canceled (1) or left as it is (0), 5 seconds to
--      keep what is canceled, 6... callbacks that name the person
-- Returns what became of it, its state ('expired' where only its callbacks are left), and its destination. What became of it:
-- 'erased'; or nothing, since it waits ('waiting'), is on its way ('sending'), or its callback is not over ('telling'); or
-- 'gone'. Doing it twice erases once.
local prefix, id, cancels = ARGV[1], ARGV[2], ARGV[4] == '1'
local state, destination, named, test = unpack(
  redis.call('HMGET', KEYS[1], 'state', 'destination', 'callbacks', 'test'))
local told = {}
for each in string.gmatch((named or '') .. ' ' .. table.concat(ARGV, ' ', 6), '%S+') do
  local about = redis.call('HGET', prefix .. 'callback:' .. each, 'destination')
  if about then
    told[#told + 1] = each
    destination = destination or about
  end
end
if not destination then return { 'gone', '', '' } end
local shown, over = state or 'expired', not state or OVER[state]
local callbacks = lane_keys(prefix, 'callback/' .. destination)
local open, flying = false, false
for _, each in ipairs(told) do
  open = open or is_open(prefix, each)
  flying = flying or redis.call('ZSCORE', callbacks.flight, each)
end
if state == 'sending' then return { 'sending', shown, destination } end
if not over and not cancels then return { 'waiting', shown, destination } end
if flying or (open and not cancels) then return { 'telling', shown, destination } end
if ARGV[3] == '1' then return { 'erased', shown, destination } end

local now = now_ms()
if not over then
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
if state then bare(KEYS[1], 'forgotten') end
return { 'erased', over and shown or 'canceled', destination }
