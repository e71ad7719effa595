"""Mistakes in acceptance: batches, repeats, bounds, and the place of what is new."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

OF_ACCEPTANCE = (
    Mutant(
        "accept",
        "if digest and digest ~= ARGV[5] then return { 'other body' } end",
        "",
        "another request gets the answer of the first",
    ),
    Mutant(
        "accept",
        "if digest then return { 'known', cjson.decode(ids), rest } end",
        "",
        "a request that is repeated is stored twice",
    ),
    Mutant(
        "accept",
        "if state ~= 'active' and when_inactive == 'refuse' then",
        "if false then",
        "a destination that refuses takes records",
    ),
    Mutant("accept", "and first ~= digest", "", "a repeat is a conflict"),
    Mutant(
        "accept",
        "  if state_now ~= 'collecting' then return id end\n",
        "",
        "nothing",
        same="whatever leaves is closed in the same script, so a batch that is open collects",
    ),
    Mutant(
        "accept",
        "return batch.count < size and",
        "return batch.count <= size and",
        "a batch is one too large",
    ),
    Mutant(
        "accept",
        "batch.heavy + weight <= most",
        "batch.heavy + weight < most",
        "a batch is left one too light",
    ),
    Mutant("accept", "batch.heavy + weight <= most and", "true and", "a batch is too heavy"),
    Mutant("accept", "batch.bytes + bytes <= MOST_BYTES", "true", "a batch is too large to send"),
    Mutant(
        "accept",
        "return 1 - redis.call('EXISTS', prefix .. 'delivery:' .. id) end",
        "return 1 end",
        "a repeat finds its own records in the way",
    ),
    Mutant(
        "accept",
        "  filling[group] = { count",
        "  local _ = { count",
        "a request is counted as if its records shared nothing",
    ),
    Mutant(
        "accept",
        "if dedupe ~= '' then here[dedupe] = digest .. ' ' .. place end",
        "",
        "a record that comes twice in a request is stored twice",
    ),
    Mutant(
        "accept",
        "redis.call('ZCARD', lane.due) + redis.call('ZCARD', lane.flight)",
        "redis.call('ZCARD', lane.due)",
        "what is on its way does not count as waiting",
    ),
    Mutant(
        "accept",
        "waiting + fresh > tonumber(ARGV[8])",
        "waiting + fresh >= tonumber(ARGV[8])",
        "the bound is one too low",
    ),
    Mutant(
        "accept",
        "fresh > 0 and waiting > 0 and",
        "fresh > 0 and",
        "a request that is larger than the bound is never taken",
    ),
    Mutant("accept", "due = latest + 1", "due = latest", "the order is lost as the clock is set back"),
    Mutant(
        "accept",
        "redis.call('HSET', lane.hash, 'latest', due)",
        "",
        "the order is lost as the clock is set back",
    ),
    Mutant("accept", "redis.call('ZADD', prefix .. 'log', 0, id)", "", "the log lacks deliveries"),
    Mutant("accept", "  file(prefix, destination, id, false, new_state)\n", "", "what is new is not counted"),
    Mutant(
        "accept",
        "  close_batch(prefix, destination, id)\n  if redis",
        "  if redis",
        "records join a batch that is full",
    ),
    Mutant(
        "accept",
        "  if redis.call('HGET', key, 'state') ~= 'collecting' then return end\n",
        "",
        "nothing",
        same="whatever leaves is closed in the same script, so a batch that is open collects",
    ),
    Mutant(
        "accept",
        "redis.call('ZADD', lane.due, now, id)\n  file(prefix, destination, id, 'collecting', 'queued')",
        "file(prefix, destination, id, 'collecting', 'queued')",
        "a full batch waits for its window",
    ),
    Mutant(
        "accept",
        "if count >= size then leave(id) end",
        "if count > size then leave(id) end",
        "a full batch waits for its window",
    ),
    Mutant(
        "accept",
        "'batch_weight', batch.heavy + weight",
        "'batch_weight', weight",
        "a batch forgets how heavy it is",
    ),
    Mutant(
        "accept",
        "begin(id, 'collecting', now + window,",
        "begin(id, 'collecting', now,",
        "a batch does not wait for its window",
    ),
    Mutant(
        "accept",
        "if state == 'active' and due and attend(lane, due, now) then",
        "if state == 'active' and false then",
        "nobody comes for what is new",
    ),
    Mutant(
        "accept",
        "if state == 'active' and due and attend",
        "if due and attend",
        "turns come to a lane that is paused",
    ),
    Mutant(
        "accept", "  ask(lane, now)\n  wake = 1\n", "  wake = 1\n", "each record asks for a turn of its own"
    ),
    Mutant(
        "accept", "local due = next_due(lane)\nif", "local due = now\nif", "turns come before anything is due"
    ),
)
