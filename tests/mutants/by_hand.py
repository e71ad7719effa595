"""Mistakes in what people do to deliveries and destinations, and in what becomes of those that are deleted."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ENDING = (
    Mutant(
        "cancel",
        "if due and may_run(prefix, lane.name) then attend(lane, due, now) end",
        "",
        "nobody comes for what a canceled head held up",
    ),
    Mutant(
        "cancel",
        "if due and may_run(prefix, lane.name) then attend",
        "if due then attend",
        "turns come to a lane that is paused",
    ),
    Mutant("cancel", "or old == 'retrying' or", "or", "what is tried again cannot be canceled"),
    Mutant(
        "cancel",
        "or old == 'uncertain' then",
        "or old == 'uncertain' or old == 'sending' then",
        "a call on its way is taken for canceled",
    ),
    Mutant("cancel", "  drop_payload(prefix, destination, id)\n", "", "what was canceled keeps its payload"),
    Mutant(
        "common",
        "if old == 'collecting' then close_batch(prefix, destination, id) end",
        "",
        "records join a batch that was canceled",
    ),
    Mutant(
        "common",
        "  redis.call('ZREM', lane.due, id)\n  redis.call('HSET', key, 'state', new,",
        "  redis.call('HSET', key, 'state', new,",
        "what was canceled is sent",
    ),
    Mutant(
        "common",
        "redis.call('HDEL', key, 'next_attempt_at', 'token')\n  redis.call('EXPIRE', key, stays(prefix, destination, keep))",
        "redis.call('HDEL', key, 'next_attempt_at')\n  redis.call('EXPIRE', key, stays(prefix, destination, keep))",
        "a late answer overrules a person",
    ),
    Mutant(
        "common",
        "  redis.call('EXPIRE', key, stays(prefix, destination, keep))\n",
        "",
        "what was canceled stays for good",
    ),
    Mutant(
        "common",
        "stays(prefix, destination, keep))\n  file(prefix, destination, id, old, new)",
        "stays(prefix, destination, keep))",
        "the log does not say that it was canceled",
    ),
    Mutant("resolve", "if old ~= 'uncertain' then return old end", "", "a person settles what is on its way"),
    Mutant(
        "resolve",
        "if attempts ~= ARGV[4] or (records or '1') ~= ARGV[5] or at ~= ARGV[6] then return 'changed' end",
        "",
        "a person settles an attempt that he did not know of",
    ),
    Mutant(
        "resolve",
        "if is_discarded(prefix, id) then return 'discarded' end",
        "",
        "what was deleted is resolved",
    ),
    Mutant(
        "resolve",
        "if ARGV[10] ~= '' then tell(prefix, destination, id, { unpack(ARGV, 10, 14) }, now) end",
        "",
        "nobody is told",
    ),
    Mutant("resolve", "drop_payload(prefix, destination, id)\n", "", "what was resolved keeps its payload"),
)
RETRYING = (
    Mutant(
        "requeue",
        "if string.match(redis.call('HGET', about, 'callbacks') or '', '%S+$') ~= id then return 'overtaken' end",
        "",
        "old news is sent again after new",
    ),
    Mutant(
        "requeue",
        "math.max(now, number_in(KEYS[1], 'may_fly_until'))",
        "now",
        "two calls of one delivery at a time",
    ),
    Mutant(
        "requeue",
        "'token', 'reason', 'superseded'",
        "'reason', 'superseded'",
        "a late answer overrules a person",
    ),
    Mutant(
        "requeue",
        "'reason', 'superseded', 'only_looks')",
        "'reason', 'only_looks')",
        "a callback that a person sends again is dead after one try",
    ),
    Mutant(
        "requeue",
        "redis.call('HDEL', KEYS[1], 'settled_at', 'first_attempt_at'",
        "redis.call('HDEL', KEYS[1], 'settled_at'",
        "the time for its attempts is over at once",
    ),
    Mutant("requeue", "redis.call('PERSIST', KEYS[1])", "", "what waits expires"),
    Mutant("requeue", "redis.call('ZADD', lane.due, due, id)", "", "what was retried never goes"),
    Mutant(
        "requeue",
        "if kind == 'delivery' then file(prefix, destination, id, old, 'queued') end",
        "",
        "the log does not say that it waits",
    ),
    Mutant(
        "requeue",
        "if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end",
        "",
        "nobody comes for what was retried",
    ),
    Mutant(
        "requeue",
        "if may_run(prefix, lane.name) then attend",
        "if true then attend",
        "turns come to a lane that is paused",
    ),
    Mutant(
        "requeue",
        "attend(lane, next_due(lane), now)",
        "attend(lane, now, now)",
        "turns come before anything is due",
    ),
    Mutant("requeue", "'spent', 0,", "", "what was retried has no attempts left"),
    Mutant(
        "requeue",
        "if is_discarded(prefix, id) then return 'discarded' end",
        "",
        "what was deleted is retried",
    ),
    Mutant("requeue", "if dropped then return dropped end", "", "what carries nothing is sent"),
    Mutant(
        "requeue",
        "or not made then",
        "then",
        "nobody is told that there is no destination",
    ),
    Mutant("requeue", "made ~= ARGV[4] or ", "", "calls of one template go out as those of another"),
    Mutant(
        "requeue",
        "(ARGV[5] ~= '' and attempts ~= ARGV[5])",
        "false",
        "a person takes a call on himself that he did not know of",
    ),
    Mutant(
        "requeue",
        "redis.call('HGET', KEYS[1], 'after_unknown') or '0')",
        "'0')",
        "what a person retries may be repeated in vain",
    ),
    Mutant(
        "requeue",
        "if redis.call('HEXISTS', KEYS[1], 'after_unknown') == 0 then redis.call('HDEL', KEYS[1], 'found') end",
        "",
        "what was found is not looked up anew",
    ),
    Mutant(
        "requeue",
        "if redis.call('HEXISTS', KEYS[1], 'after_unknown') == 0 then redis.call('HDEL', KEYS[1], 'found') end",
        "redis.call('HDEL', KEYS[1], 'found')",
        "what a call may have used up is looked up anew",
    ),
)
SWITCHING = (
    Mutant(
        "set_state",
        "<= now and redis.call('EXISTS', lane.flight) == 0 then",
        "<= now then",
        "nobody finds what is in flight as a pause begins",
    ),
    Mutant(
        "set_state",
        "if number_in(lane.hash, 'lease_until') <= now and redis",
        "if redis",
        "a turn that dies after a pause is nobody's",
    ),
    Mutant(
        "set_state",
        "    redis.call('ZREM', lane.attention, lane.name)\n",
        "",
        "turns come to a lane that is paused",
    ),
    Mutant(
        "set_state", "if due and attend(lane, due, now) then", "if false then", "nobody comes as a pause ends"
    ),
    Mutant("set_state", "  ask(lane, now)\n", "", "two are asked to come as a pause ends"),
    Mutant(
        "set_state",
        "redis.call('HINCRBY', KEYS[1], 'revision', 1)",
        "",
        "a turn goes on by settings that no longer stand",
    ),
    Mutant(
        "put_destination",
        "redis.call('HINCRBY', KEYS[1], 'revision', 1)",
        "",
        "of two people who change settings neither is told no",
    ),
    Mutant(
        "put_destination", "if ARGV[10] == '1' then", "if true then", "a rotation asks whoever answered 410"
    ),
    Mutant(
        "put_destination",
        "  redis.call('HDEL', lane.hash, 'head')\n",
        "",
        "a head blocks where the order is no longer strict",
    ),
    Mutant(
        "put_destination",
        "  if head then redis.call('HSET', lane.hash, 'head', head) end\n",
        "",
        "what waits as strict order begins does not block",
    ),
    Mutant(
        "put_destination",
        "if due and may_run(ARGV[5], lane.name) then attend(lane, due, now) end",
        "",
        "nobody comes as strict order ends",
    ),
    Mutant(
        "put_destination",
        "if due and may_run(ARGV[5], lane.name) then attend",
        "if due then attend",
        "turns come to a lane that is paused",
    ),
    Mutant("begin_test", "if attend(lane, now, now) then ask(lane, now) end", "", "nobody comes for a test"),
    Mutant("begin_test", "file(prefix, destination, id, false, 'queued')", "", "tests are not counted"),
    Mutant(
        "begin_test",
        "redis.call('ZADD', prefix .. 'log:/' .. destination, 0, id)",
        "",
        "the log of the destination lacks tests",
    ),
)
DELETING = (
    Mutant(
        "delete_destination",
        "redis.call('ZCARD', deliveries.flight) + redis.call('ZCARD', tests.flight)",
        "redis.call('ZCARD', deliveries.flight)",
        "a destination is deleted under a test",
    ),
    Mutant(
        "delete_destination",
        "if flying > 0 then return",
        "if flying > 1 then return",
        "a destination is deleted under a call",
    ),
    Mutant(
        "delete_destination",
        "if ARGV[3] ~= '' and waiting ~= tonumber(ARGV[3]) then",
        "if false then",
        "more is deleted than a person knew of",
    ),
    Mutant(
        "delete_destination",
        "set_aside(uncertain, 'uncertain')",
        "",
        "what nobody knew about stays uncertain for good",
    ),
    Mutant("delete_destination", "set_aside(tests.due, 'test')", "", "a test waits for ever"),
    Mutant(
        "delete_destination",
        "  drop_callback(prefix, id, '', now)\n",
        "",
        "a callback is tried again for a destination that is gone",
    ),
    Mutant(
        "delete_destination",
        "redis.call('DEL', lane.hash, lane.flight)",
        "redis.call('DEL', lane.flight)",
        "whatever has the name next is held by nobody",
    ),
    Mutant(
        "delete_destination",
        "redis.call('DEL', lane.hash, lane.flight)",
        "redis.call('DEL', lane.hash)",
        "callbacks of an earlier destination are left in flight",
    ),
    Mutant(
        "delete_destination",
        "  redis.call('ZREM', lane.attention, lane.name)\n",
        "",
        "turns come to a lane that is gone",
    ),
    Mutant(
        "delete_destination",
        ", prefix .. 'open:' .. destination)",
        ")",
        "records join a batch that was deleted",
    ),
    Mutant("discard", "or old == 'retrying' or", "or", "what was tried again stays for ever"),
    Mutant(
        "discard", "or old == 'uncertain' then", "then", "what nobody knew about stays uncertain for good"
    ),
    Mutant("discard", "drop_callback(prefix, id, ARGV[4], now)", "", "callbacks wait for ever"),
    Mutant(
        "discard",
        "if #ids > 0 then redis.call('ZREM', KEYS[1], unpack(ids)) end",
        "",
        "the end of a deletion never comes",
    ),
    Mutant(
        "discard",
        "if left == 0 then redis.call('SREM', prefix .. 'discards', name) end",
        "",
        "a deletion is ended for ever",
    ),
    Mutant(
        "discard",
        "redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)",
        "redis.call('ZRANGE', KEYS[1], 0, ARGV[3])",
        "nothing",
        same="all that was set aside is ended; how much of it at a time only bounds how long Redis is busy",
    ),
    Mutant(
        "common",
        "if redis.call('ZSCORE', prefix .. 'discard:' .. name, id) then return true end",
        "",
        "what was deleted is worked on",
    ),
)
BY_HAND = (*ENDING, *RETRYING, *SWITCHING, *DELETING)
