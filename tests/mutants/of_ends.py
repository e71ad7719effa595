"""Mistakes in how attempts end: who may write an end, what becomes of the item, and what is told of it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SETTLING = (
    Mutant("settle", "if held ~= token then return 0 end", "", "a late answer overrules a newer truth"),
    Mutant("settle", "(ARGV[5] == '0' or known == '1' or", "(ARGV[5] == '0' or", "an end is written twice"),
    Mutant("settle", "(ARGV[5] == '0' or known == '1' or", "(known == '1' or", "a guess overrules an end"),
    Mutant(
        "settle",
        "or known == '1' or is_discarded(prefix, id))",
        "or known == '1')",
        "what was deleted comes back",
    ),
    Mutant(
        "settle",
        "if wait >= 0 and redis.call('HGET', KEYS[1], 'superseded') then",
        "if false then",
        "old news is told after new",
    ),
    Mutant(
        "settle",
        "if wait >= 0 and redis.call('HGET', KEYS[1], 'superseded') then",
        "if redis.call('HGET', KEYS[1], 'superseded') then",
        "a callback that arrived is called dead",
    ),
    Mutant(
        "settle",
        "'dead', -1, SUPERSEDED_STAYS",
        "'dead', -1, -1",
        "a callback that was replaced stays for good",
        same="it was given its time when it was replaced, since nobody may be left to write how it ended",
    ),
    Mutant(
        "settle", "redis.call('ZREM', lane.flight, id)", "", "what has ended is handed out as left behind"
    ),
    Mutant("settle", "redis.call('ZREM', lane.due, id)", "", "what its late answer ended is sent again"),
    Mutant(
        "settle",
        "if kind ~= 'callback' then file(prefix, destination, id, old, state) end",
        "",
        "the log does not say how it ended",
    ),
    Mutant(
        "settle",
        "or now\nattempt.ended_at",
        "and now\nattempt.ended_at",
        "an attempt seems to begin as it ends",
    ),
    Mutant(
        "settle",
        "if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i]) else",
        "if false then else",
        "a field that is to go is empty instead",
    ),
    Mutant("settle", "redis.call('HDEL', KEYS[1], 'settled_at')", "", "what goes on seems to be over"),
    Mutant(
        "settle",
        "redis.call('ZADD', lane.due, now + wait, id)",
        "redis.call('ZADD', lane.due, now, id)",
        "it is tried again at once",
    ),
    Mutant(
        "settle",
        "if not head or id < head then",
        "if not head then",
        "of several that wait the first to end goes first",
    ),
    Mutant(
        "settle", "redis.call('HSET', lane.hash, 'head', id)", "", "what waits in strict order does not block"
    ),
    Mutant(
        "settle",
        "    if not head or id < head then redis.call('HSET', lane.hash, 'head', id) end\n  end\n  if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end",
        "    if not head or id < head then redis.call('HSET', lane.hash, 'head', id) end\n  end",
        "nobody comes for what a late answer has waiting",
    ),
    Mutant(
        "settle",
        "if due and may_run(prefix, lane.name) then attend(lane, due, now) end",
        "",
        "nobody comes for what a late answer lets go",
    ),
    Mutant(
        "settle",
        "redis.call('HSET', KEYS[1], 'settled_at', now)\n  redis.call('HDEL', KEYS[1], 'next_attempt_at')",
        "redis.call('HSET', KEYS[1], 'settled_at', now)",
        "what is over seems to be due",
    ),
    Mutant(
        "settle",
        "(tonumber(place) or tonumber(accepted_at)) - 1",
        "(tonumber(place) or tonumber(accepted_at))",
        "a part goes behind a record that came later",
    ),
    Mutant(
        "settle", "(tonumber(place) or tonumber(accepted_at)) - 1", "now", "parts go to the end of the lane"
    ),
    Mutant(
        "settle",
        "if unknown then redis.call('HSET', key, 'after_unknown', unknown) end",
        "",
        "a part is repeated that may have worked",
    ),
    Mutant(
        "settle",
        "for n = 1, count do redis.call('HSET', key,",
        "for n = 1, count - 1 do redis.call('HSET', key,",
        "a part lacks its last record",
    ),
    Mutant("settle", "redis.call('ZADD', lane.due, place, part)", "", "parts never go"),
    Mutant(
        "settle",
        "redis.call('ZADD', prefix .. 'log:/' .. destination, 0, part)",
        "",
        "the log of the destination lacks parts",
    ),
    Mutant("settle", "file(prefix, destination, part, false, 'queued')", "", "parts are not counted"),
    Mutant(
        "settle",
        "table.concat(parts, ' '))\n  if may_run(prefix, lane.name) then attend(lane, next_due(lane), now) end",
        "table.concat(parts, ' '))",
        "nobody comes for the parts of a late answer",
    ),
    Mutant("settle", "  redis.call('EXPIRE', KEYS[1], keep)\n", "", "what is over stays for good"),
    Mutant("settle", "math.max(1, math.min(keep, left))", "keep", "a callback outlives its delivery"),
    Mutant(
        "settle",
        "if ARGV[12] ~= '' then tell(prefix, destination, id, { unpack(ARGV, 12, 16) }, now) end",
        "",
        "nobody is told",
    ),
    Mutant(
        "settle",
        "if wait < 0 then drop_payload(",
        "if wait < -1 then drop_payload(",
        "payloads stay that were not to be kept",
    ),
    Mutant(
        "settle",
        "local due = number_in(lane.hash, 'lease_until') <= now and next_due(lane)",
        "local due = next_due(lane)",
        "nothing",
        same="attend looks at the lease itself; looking first only spares the search for what is due",
    ),
    Mutant(
        "settle",
        "if kind == 'delivery' and redis.call('HGET', prefix .. 'destination:'",
        "if redis.call('HGET', prefix .. 'destination:'",
        "a callback that waits holds up all others",
    ),
)
TELLING = (
    Mutant("common", "redis.call('HSET', key, 'superseded', 1)", "", "old news is told after new"),
    Mutant(
        "common",
        "if state == 'queued' or state == 'retrying' then\n    redis.call('HSET', key, 'state', 'dead'",
        "if state == 'queued' then\n    redis.call('HSET', key, 'state', 'dead'",
        "old news is tried again after new",
    ),
    Mutant(
        "common",
        "redis.call('HDEL', key, 'next_attempt_at', 'token')\n    redis.call('EXPIRE'",
        "redis.call('HDEL', key, 'next_attempt_at')\n    redis.call('EXPIRE'",
        "a late answer brings a dead callback back",
    ),
    Mutant(
        "common",
        "    redis.call('EXPIRE', key, stays(prefix, destination, SUPERSEDED_STAYS))\n  elseif",
        "  elseif",
        "a dead callback stays for good",
    ),
    Mutant(
        "common",
        "SUPERSEDED_STAYS)) -- nobody",
        "SUPERSEDED_STAYS * 0 + 1)) -- nobody",
        "a callback on its way is gone",
    ),
    Mutant(
        "common",
        "if is_outcome and about ~= ATTEMPTED then",
        "if is_outcome then",
        "news of an attempt replaces an outcome",
    ),
    Mutant(
        "common",
        "if is_outcome and about ~= ATTEMPTED then",
        "if about ~= ATTEMPTED then",
        "an outcome replaces news of attempts",
    ),
    Mutant("common", "redis.call('ZREM', callbacks.due, earlier)", "", "a dead callback waits still"),
    Mutant("common", "#before + 1 - MOST", "#before - MOST", "a delivery names one callback too many"),
    Mutant(
        "common",
        "if is_outcome or too_many <= 0 then named",
        "if too_many <= 0 then named",
        "an old outcome is told after news of many attempts and a newer outcome",
    ),
    Mutant("common", "redis.call('ZADD', callbacks.due, due, callback)", "", "nobody is told"),
    Mutant("common", "  attend(callbacks, due, now)\n", "", "nobody comes to tell"),
    Mutant(
        "common",
        "if redis.call('ZSCORE', callbacks.flight, earlier) then due = now + LONGEST_WAY end",
        "",
        "a newer outcome overtakes one that is on its way",
    ),
    Mutant(
        "settle",
        "if redis.call('HGET', KEYS[1], 'superseded') then tell_now(prefix, lane, about, now) end",
        "",
        "a newer outcome waits for the longest way",
    ),
    Mutant(
        "common",
        "if due > now and redis.call('HGET', key, 'state') == 'queued' then",
        "if due > now then",
        "what waits to be tried again is hurried",
    ),
    Mutant(
        "common",
        "      redis.call('ZADD', callbacks.due, now, id)\n",
        "",
        "a newer outcome waits for too long",
    ),
    Mutant("common", "      attend(callbacks, now, now)\n", "", "nobody comes to tell the newer outcome"),
    Mutant(
        "common",
        "if unshaped ~= '' then redis.call('HSET', key, 'unshaped', unshaped) end",
        "",
        "a callback is sent as it was not to be",
    ),
)
FILING = (
    Mutant(
        "common",
        "  if old == new then return end\n  local shard",
        "  local shard",
        "nothing",
        same="what leaves a log and enters it again is where it was: every score in it is 0",
    ),
    Mutant("common", "redis.call('ZREM', shard .. old, id)", "", "the counts of a shard are wrong"),
    Mutant("common", "redis.call('ZREM', own .. old, id)", "", "the counts of a destination are wrong"),
    Mutant(
        "common", "redis.call('ZADD', own .. new, 0, id)", "", "the log of a destination lacks deliveries"
    ),
    Mutant(
        "common",
        "if group and redis.call('HGET', open, group) == id then redis.call('HDEL'",
        "if group then redis.call('HDEL'",
        "nothing",
        same="a batch that collects is the one that is open for its group, and no other is closed",
    ),
    Mutant(
        "common",
        "if group and redis.call('HGET', open, group) == id then redis.call('HDEL', open, group) end",
        "",
        "records join a batch that has left",
    ),
)
DROPPING = (
    Mutant(
        "common",
        "if told and redis.call('HGET', told, 'type') == ATTEMPTED then bare(told, 'dropped') end",
        "",
        "news of an attempt keeps its payload",
    ),
    Mutant(
        "common",
        "  if not OVER[state] then return end\n  if test",
        "  if test",
        "the payload of what still waits is gone",
    ),
    Mutant(
        "common",
        "if is_open(prefix, each) then return end",
        "",
        "the payload of what is still to be told is gone",
    ),
    Mutant("common", "if not dropped then bare(key, 'dropped') end", "", "a delivery keeps its payload"),
    Mutant(
        "common",
        "if carried and (not gone or each == callback) then",
        "if false then",
        "callbacks keep their payloads",
    ),
    Mutant(
        "common",
        "if state ~= 'sending' then return state == 'queued' or state == 'retrying' end",
        "if state ~= 'sending' then return state == 'queued' end",
        "a callback that is to be sent again lost its payload",
    ),
    Mutant(
        "common",
        "redis.call('ZSCORE', prefix .. 'flight:callback/' .. destination, id) and true",
        "true",
        "a callback that nobody sends any more keeps all payloads",
    ),
    Mutant(
        "common",
        "if redis.call('TTL', key) > TEST_STAYS then redis.call('EXPIRE', key, TEST_STAYS) end",
        "",
        "a test stays for days",
    ),
    Mutant(
        "common", "      without_reason(key, name)\n    elseif", "    elseif", "reasons stay that name people"
    ),
    Mutant(
        "retain",
        "if stays_for == -1 or stays_for > left then",
        "if stays_for == -1 or stays_for < left then",
        "what was to go early goes late",
    ),
    Mutant("retain", "if not OVER[state] then return 1 end", "", "what still waits expires"),
    Mutant(
        "retain",
        "if not is_open(prefix, callback) then go_earlier",
        "if true then go_earlier",
        "what is still to be told expires",
    ),
)
OF_ENDS = (*SETTLING, *TELLING, *FILING, *DROPPING)
