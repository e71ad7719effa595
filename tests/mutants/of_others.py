"""Mistakes in what lanes go by: budgets and token calls; and in what erases people."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BUDGETS = (
    Mutant(
        "grant",
        "if blocked_until > now and tonumber(ARGV[1]) >= 0 then",
        "if false then",
        "calls go out that Calendly refused",
    ),
    Mutant("grant", "if reset_at <= now then", "if reset_at < 0 then", "a window never opens again"),
    Mutant(
        "grant",
        "math.max(math.min(tonumber(ARGV[1]), remaining), math.min(tonumber(ARGV[1]), 0))",
        "tonumber(ARGV[1])",
        "more is granted than is left",
    ),
    Mutant(
        "grant",
        "math.min(remaining - granted, limit)",
        "remaining - granted",
        "what is given back makes a window larger than it is",
    ),
    Mutant(
        "grant", "remaining > 0 and 0 or reset_at - now", "0", "a turn runs hot while its window is closed"
    ),
    Mutant(
        "grant",
        "redis.call('HGET', KEYS[1], 'limit') or ARGV[2]",
        "ARGV[2]",
        "what Calendly says of its limit is forgotten",
    ),
    Mutant(
        "learn",
        "math.max(number_in(KEYS[1], 'blocked_until'), now + reset)",
        "now + reset",
        "a short refusal ends a long one",
    ),
    Mutant(
        "learn",
        "'reset_at', blocked_until, 'blocked_until', blocked_until)",
        "'reset_at', blocked_until)",
        "an answer that was overtaken ends a refusal",
    ),
    Mutant(
        "learn",
        "remaining = math.min(remaining, told)",
        "remaining = told",
        "an answer that was overtaken gives calls back",
    ),
    Mutant(
        "learn",
        "if reset_at + SAME_WINDOW < now + reset - tonumber(ARGV[5]) or",
        "if",
        "a window that began anew is not seen",
    ),
    Mutant("learn", "reset_at + SAME_WINDOW <", "reset_at <", "a reset in whole seconds is a new window"),
    Mutant("learn", "- tonumber(ARGV[5]) or", "or", "an answer that took long is a new window"),
    Mutant(
        "learn",
        "or (told_limit and told_limit ~= assumed) then",
        "then",
        "a ceiling that is not Calendly's is counted down from",
    ),
)
TOKENS = (
    Mutant("begin_token_call", "if not held then return { -1 } end", "", "two renew at a time"),
    Mutant("begin_token_call", "number_in(KEYS[1], 'until') > now", "true", "a lock that ran out renews"),
    Mutant(
        "begin_token_call", "if rests > 0 and redis.call", "if redis.call", "a grant is never renewed again"
    ),
    Mutant("begin_token_call", "tonumber(at) + window > now", "true", "token calls count for ever"),
    Mutant(
        "begin_token_call",
        "if #counted >= tonumber(ARGV[1]) then",
        "if #counted > tonumber(ARGV[1]) then",
        "a ninth token call goes out",
    ),
    Mutant(
        "begin_token_call",
        "if unsettled == 0 then redis.call('HSET', KEYS[1], 'begun_at', now) end",
        "",
        "nobody knows of a renewal that was begun",
    ),
    Mutant(
        "end_token_call",
        "if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end",
        "",
        "whoever lost a lock takes it from its new holder",
    ),
    Mutant(
        "end_token_call",
        "if ARGV[2] == 'failed' then redis.call('HSET', KEYS[1], 'begun_at', 0) end",
        "redis.call('HSET', KEYS[1], 'begun_at', 0)",
        "an unknown renewal is forgotten",
    ),
    Mutant("lock_renewal", "and until_then > now then", "then", "the lock of a dead process stays"),
    Mutant(
        "lock_renewal",
        "if holder and holder ~= ARGV[1] and until_then > now then return until_then - now end",
        "",
        "two renew at a time",
    ),
)
FORGETTING = (
    Mutant(
        "forget",
        "if state == 'sending' then return { 'sending', shown, destination } end",
        "",
        "what is on its way is erased",
    ),
    Mutant(
        "forget",
        "if not over and not cancels then return { 'waiting', shown, destination } end",
        "",
        "what waits is canceled unasked",
    ),
    Mutant("forget", "if flying or (open", "if (open", "a callback on its way is erased"),
    Mutant(
        "forget",
        "(not cancels or others > 0)) then",
        "not cancels) then",
        "others do not hear what became of their records",
    ),
    Mutant(
        "forget", "if ARGV[3] == '1' then return { 'erased', shown, destination } end", "", "a look erases"
    ),
    Mutant(
        "forget",
        "if due and may_run(prefix, lane.name) then attend(lane, due, now) end",
        "",
        "nobody comes for what a canceled head held up",
    ),
    Mutant(
        "forget", "  redis.call('ZREM', callbacks.due, each)\n", "", "a callback without its payload is sent"
    ),
    Mutant("forget", "if state and not goes_on then bare(KEYS[1], 'forgotten') end", "", "the person stays"),
    Mutant("forget", "redis.call('HDEL', key, 'url')", "", "the person stays in a URL"),
    Mutant(
        "forget", "or redis.sha1hex(entry) ~= ARGV[i + 1] then", "then", "the record of another is erased"
    ),
    Mutant(
        "forget",
        "for n = kept + 1, tonumber(count) do",
        "for n = kept + 2, tonumber(count) do",
        "the last of a batch stands there still",
    ),
    Mutant("forget", "'reason', 'token')", "'reason')", "a late answer brings the person back"),
    Mutant(
        "forget",
        "local goes_on = not over and others > 0",
        "local goes_on = not over and count",
        "a batch without records is sent",
    ),
    Mutant(
        "common",
        "  if how == 'forgotten' then redis.call('HDEL', key, 'token') end\n",
        "",
        "what a worker holds in its hands brings the person back",
    ),
    Mutant(
        "forget_entry",
        "if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end",
        "redis.call('XDEL', KEYS[1], ARGV[1])",
        "what was done once stands in the audit twice",
    ),
    Mutant(
        "forget_retention",
        ".. ARGV[2]) == 0 then redis.call('DEL', KEYS[1]) end",
        ".. ARGV[2]) >= 0 then redis.call('DEL', KEYS[1]) end",
        "a destination that was made anew forgets how long it keeps",
    ),
)
OF_OTHERS = (*BUDGETS, *TOKENS, *FORGETTING)
