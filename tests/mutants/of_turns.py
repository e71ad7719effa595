"""Mistakes in what turns do: take a lane, begin attempts, give the lane back; and in who is asked to come, and when."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

LEASES = (
    Mutant(
        "lease",
        "tonumber(lease_until) > now then return { 0 }",
        "false then return { 0 }",
        "two turns serve a lane",
    ),
    Mutant(
        "lease",
        "tonumber(lease_until) > now then",
        "tonumber(lease_until) >= now then",
        "a lane is held at its lease's very end",
    ),
    Mutant(
        "lease",
        "'-inf', now)) do",
        "'-inf', '+inf')) do",
        "what a process still holds is taken for left behind",
    ),
    Mutant(
        "lease",
        "if redis.call('HGET', item_prefix .. id, 'state') == 'sending' then",
        "if true then",
        "what is gone is handed out",
    ),
    Mutant(
        "lease",
        "if waits > now and #left == 0 then",
        "if false then",
        "a lane is served while its window is closed",
    ),
    Mutant(
        "lease",
        "if waits > now and #left == 0 then",
        "if waits > now then",
        "what is left in flight waits for a window",
    ),
    Mutant(
        "lease",
        "math.min(waits, held_until(lane) or waits)",
        "waits",
        "held attempts are found as late as the window opens",
    ),
    Mutant(
        "lease",
        "redis.call('HDEL', lane.hash, 'asked_until')\nredis.call",
        "redis.call",
        "a lane that was served seems to be asked for",
    ),
    Mutant(
        "lease",
        "redis.call('ZADD', lane.attention, now + ARGV[4], lane.name)",
        "",
        "others are sent to a lane that is held",
    ),
    Mutant("lease", "'lease_until', now + ARGV[4])", "'lease_until', now)", "a lease is over as it begins"),
)
CLAIMS = (
    Mutant(
        "claim",
        "if redis.call('HGET', lane.hash, 'lease') ~= token then return { 0 } end",
        "",
        "a turn that lost its lane begins more",
    ),
    Mutant(
        "claim",
        "redis.call('HSET', lane.hash, 'lease_until', now + ARGV[4])",
        "",
        "a turn that works loses its lane",
    ),
    Mutant(
        "claim",
        "redis.call('ZADD', lane.attention, now + ARGV[4], lane.name)",
        "",
        "others are sent to a lane that is held",
    ),
    Mutant(
        "claim",
        "local runs = stands and may_run(prefix, lane.name)",
        "local runs = stands",
        "a pause is not seen by a turn",
    ),
    Mutant(
        "claim",
        "local runs = stands and may_run(prefix, lane.name)",
        "local runs = may_run(prefix, lane.name)",
        "a turn goes on by settings that no longer stand",
    ),
    Mutant("claim", "and not late and", "and", "a claim that was overtaken begins what nobody waits for"),
    Mutant(
        "claim",
        "redis.call('HSET', lane.hash, 'claim', token .. '.' .. seq)",
        "",
        "a claim that is asked again begins more",
    ),
    Mutant(
        "claim",
        "== token .. '.' .. seq then ids[",
        "~= '' then ids[",
        "what an earlier claim began is given again",
    ),
    Mutant(
        "claim",
        "redis.call('EXISTS', lane.flight) == 1 and 0 or 1 end",
        "1 end",
        "in strict order a second one begins beside the first",
    ),
    Mutant("claim", "(head_due <= now and limit > 0)", "(limit > 0)", "the head begins before its time"),
    Mutant(
        "claim",
        "(head_due <= now and limit > 0)",
        "(head_due <= now)",
        "the head begins while another is on its way",
    ),
    Mutant("claim", "  if head then\n", "  if false then\n", "the head does not block those behind it"),
    Mutant("claim", "'-inf', now, 'LIMIT'", "'-inf', '+inf', 'LIMIT'", "what is not due begins"),
    Mutant("claim", "'LIMIT', 0, limit)", "'LIMIT', 0, limit + 1)", "one more begins than was asked for"),
    Mutant("claim", "redis.call('ZREM', lane.due, id)", "", "what was begun waits still"),
    Mutant(
        "claim", "redis.call('ZADD', lane.flight, now, id)", "", "nobody finds what a dead turn had begun"
    ),
    Mutant(
        "claim",
        "redis.call('ZADD', lane.flight, now, id)",
        "redis.call('ZADD', lane.flight, now + ARGV[4], id)",
        "nobody finds it in time",
    ),
    Mutant(
        "claim",
        "if state == 'collecting' then close_batch(prefix, destination, id) end",
        "",
        "records join a batch that was sent",
    ),
    Mutant(
        "claim",
        "if kind ~= 'callback' then file(prefix, destination, id, state, 'sending') end",
        "",
        "the log does not say that it is sent",
    ),
    Mutant(
        "claim",
        "if kind ~= 'callback' then file(",
        "if kind == 'delivery' then file(",
        "the log does not know that tests are sent",
    ),
    Mutant(
        "claim",
        "'token', token .. '.' .. seq, 'updated_at'",
        "'token', token, 'updated_at'",
        "claims of one lease are not told apart",
    ),
    Mutant(
        "claim",
        "redis.call('HINCRBY', key, 'attempt', 1)",
        "redis.call('HINCRBY', key, 'attempt', 0) + 1",
        "attempts are not counted",
    ),
    Mutant(
        "claim",
        "'attempt:' .. (number - 100))",
        "'attempt:' .. (number - 99))",
        "the log of attempts is one too short",
    ),
    Mutant(
        "claim",
        "redis.call('HSETNX', key, 'first_attempt_at', now)",
        "redis.call('HSET', key, 'first_attempt_at', now)",
        "the time for all attempts never runs out",
    ),
    Mutant(
        "claim",
        "redis.call('EXISTS', lane.flight) == 1 then runs = false end",
        "false then runs = false end",
        "a turn in strict order runs hot",
    ),
)
RELEASES = (
    Mutant(
        "release",
        "if redis.call('HGET', lane.hash, 'lease') ~= ARGV[3] then return 0 end",
        "",
        "whoever lost a lane takes it from its new holder",
    ),
    Mutant("release", "'claim', 'not_before')", "'claim')", "a window that has opened stays closed"),
    Mutant(
        "release",
        "if wait > 0 then redis.call('HSET', lane.hash, 'not_before', now + wait) end",
        "",
        "nobody knows that a window is closed",
    ),
    Mutant(
        "release",
        "due and may_run(prefix, lane.name) and math.max",
        "due and math.max",
        "turns come to a lane that is paused",
    ),
    Mutant("release", "math.max(due, now + wait)", "due", "turns come while a window is closed"),
    Mutant("release", "math.max(due, now + wait)", "now + wait", "turns come before anything is due"),
    Mutant(
        "release",
        "if held and held <= now then",
        "if false then",
        "what has no end on record is looked at late",
    ),
    Mutant(
        "release",
        "now + math.min(wait, HANDOVER)",
        "now + wait",
        "what has no end on record waits for a window",
    ),
    Mutant(
        "release",
        "elseif held and is_strict(prefix, lane.name) then",
        "elseif false then",
        "turns come in vain in strict order",
    ),
    Mutant(
        "release",
        "math.min(held or next_look, next_look or held)",
        "next_look or held",
        "held attempts are found late",
    ),
    Mutant(
        "release",
        "math.min(held or next_look, next_look or held)",
        "held or next_look",
        "what is due waits for what is held",
    ),
    Mutant(
        "release",
        "  redis.call('ZREM', lane.attention, lane.name)\n",
        "",
        "turns come to a lane that is empty",
    ),
    Mutant(
        "release",
        ".. destination) == 0 then redis.call('DEL', lane.hash) end",
        ".. destination) == 2 then return 1 end",
        "a lane's hash outlives its destination",
    ),
)
OTHERS = (
    Mutant(
        "hold",
        ".. id, 'token') or '', '^(.*)%.') == token then",
        ".. id, 'token') or '', '^(.*)%.') then",
        "the attempts of others are held as well",
    ),
    Mutant("hold", "now + ARGV[4], id)", "now, id)", "what is held is taken for left behind"),
    Mutant(
        "note",
        "if held ~= ARGV[4] or state ~= 'sending' then return 0 end",
        "if state ~= 'sending' then return 0 end",
        "an attempt writes into another one's",
    ),
    Mutant(
        "note",
        "if held ~= ARGV[4] or state ~= 'sending' then return 0 end",
        "if held ~= ARGV[4] then return 0 end",
        "a call goes out whose end is written",
    ),
    Mutant("note", "if not ours and", "if", "an attempt of the turn that has the lane may note nothing"),
    Mutant(
        "note",
        "<= now_ms() then return 0 end",
        "< 0 then return 0 end",
        "a call goes out that somebody else has ended",
    ),
    Mutant(
        "come_back",
        "if number_in(lane.hash, 'lease_until') > now then return 0 end",
        "",
        "others are sent to a lane that is held",
    ),
    Mutant(
        "come_back",
        "'asked_until', now + ARGV[3])",
        "'asked_until', 0)",
        "a lane that was put off is hurried",
    ),
    Mutant("attention", "do ask(lane_keys(ARGV[1], name), now) end", "do end", "a lane is given to several"),
    Mutant(
        "attention", "'-inf', now, 'LIMIT'", "'-inf', '+inf', 'LIMIT'", "lanes are found before their time"
    ),
    Mutant(
        "common",
        "if number_in(lane.hash, 'lease_until') > now then return false end",
        "",
        "others are sent to a lane that is held",
    ),
    Mutant(
        "common",
        "at = math.max(at, number_in(lane.hash, 'not_before'))",
        "",
        "turns come while a window is closed",
    ),
    Mutant("common", "if known then at = math.max(at, asked) end", "", "a lane is given to several"),
    Mutant(
        "common",
        "if not current or tonumber(current) > at then",
        "if not current or tonumber(current) < at then",
        "what is due earlier hurries nobody",
    ),
    Mutant(
        "common",
        "return at <= now and not known",
        "return at <= now",
        "each record asks for a turn of its own",
    ),
    Mutant(
        "common",
        "redis.call('HSET', lane.hash, 'asked_until', now + HANDOVER)",
        "",
        "somebody who was asked for is asked for again",
    ),
    Mutant(
        "common",
        "redis.call('ZADD', lane.attention, now + HANDOVER, lane.name)",
        "redis.call('ZREM', lane.attention, lane.name)",
        "a turn that gets lost is nobody's",
    ),
    Mutant(
        "common",
        "  if kind ~= 'delivery' then return true end\n",
        "",
        "callbacks rest while their destination is paused",
    ),
    Mutant(
        "common",
        "return kind == 'delivery' and redis.call",
        "return redis.call",
        "callbacks go one by one in strict order",
    ),
    Mutant(
        "common",
        "local passed = clock - (tonumber(noted) or 0)\n  local now = math.max(clock,",
        "local passed = clock - (tonumber(noted) or 0)\n  local now = math.min(clock,",
        "the time falls back with the clock",
    ),
    Mutant(
        "common",
        "if redis.call('ZSCORE', lane.flight, head) then return nil end",
        "",
        "nothing",
        same="while the head is on its way nothing begins in its lane, and its end names the oldest that waits anew",
    ),
    Mutant(
        "common",
        "      local at = redis.call('ZSCORE', lane.due, id)\n      if at then",
        "      local at = 1\n      if at then",
        "a test holds up the lane of deliveries",
    ),
    Mutant("common", "until #ids == 0", "until true", "a head behind a hundred others holds nothing up"),
    Mutant("common", "if at then return at <= now and 1 or 0 end", "", "a turn in strict order runs hot"),
)
OF_TURNS = (*LEASES, *CLAIMS, *RELEASES, *OTHERS)
