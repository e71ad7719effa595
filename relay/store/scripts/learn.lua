-- Learn from what Calendly told about the rate window. KEYS[1] the budget's hash
-- ARGV limit or '', remaining or '', ms until the reset or '', 1 if Calendly refused for the rate (429),
--      ms that the answer may have been on its way
local SAME_WINDOW = 2000 -- ms by which two tellings of one reset may differ: Calendly tells whole seconds
local now = now_ms()
local told_limit, told, reset = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local assumed = number_in(KEYS[1], 'assumed')
if told_limit and told_limit > 0 then redis.call('HSET', KEYS[1], 'limit', told_limit, 'assumed', told_limit) end
if ARGV[4] == '1' then
  -- Nobody calls until then, whatever answers still on their way may tell. A longer wait that is known stands.
  local blocked_until = math.max(number_in(KEYS[1], 'blocked_until'), now + reset)
  redis.call('HSET', KEYS[1], 'remaining', 0, 'reset_at', blocked_until, 'blocked_until', blocked_until)
elseif told and reset then
  local remaining, reset_at = unpack(redis.call('HMGET', KEYS[1], 'remaining', 'reset_at'))
  remaining, reset_at = tonumber(remaining or told), tonumber(reset_at or '0')
  if reset_at + SAME_WINDOW < now + reset - tonumber(ARGV[5]) or (told_limit and told_limit ~= assumed) then
    -- Calendly's window began anew, earlier than we thought, or we counted down from a ceiling that is not its own:
    -- its count is the whole truth.
    remaining = told
  else
    -- Answers overtake each other, and calls on the way are not in Calendly's count yet: the lower number is safe.
    remaining = math.min(remaining, told)
  end
  reset_at = now + reset
  redis.call('HSET', KEYS[1], 'remaining', remaining, 'reset_at', reset_at)
end
redis.call('PEXPIRE', KEYS[1], 86400000)
return 1
