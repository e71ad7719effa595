"""Batches: they form at acceptance, leave when they are full or their window ends, and never lose or repeat a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from relay.config import Settings
from relay.errors import QueueFull
from relay.model.delivery import NewRecord
from relay.model.destination import BatchSettings, DeliverySettings
from relay.shaping.batches import batched
from relay.shaping.shape import Shaped
from relay.store import Store, Wanted, keys, open_store
from relay.store.acceptance import Acceptance, Request
from relay.store.attempts import Claimed, NewPart
from relay.store.batched import entries_of, halves_of
from tests.service.store.one_lane import OneLane, ended
from tests.service.workers.fakes import Away

GROUP, OTHER = "group-a", "group-b"


def a_lane(store: Store, size: int = 3, window: int = 5, **changes: Any) -> OneLane:
    """Give a destination that batches."""
    return OneLane(store, batch=BatchSettings(size=size, window=window), **changes)


def records(here: OneLane, *numbers: int, group: str = GROUP, weight: int = 1) -> list[NewRecord]:
    """Give records that can be told apart."""
    return [
        each
        for n in numbers
        for each in here.new(record={"n": n}, fields={"n": n}, group=group, weight=weight)
    ]


def numbers(store: Store, identifier: str) -> list[int]:
    """Give the numbers of a batch's records, in order."""
    return [record["n"] for record in store.deliveries.get(identifier).records]


def everything(store: Store) -> Counter[int]:
    """Count each record over all deliveries that were not split."""
    page = store.deliveries.page(Wanted(), limit=200)
    return Counter(n for each in page.items if each.state != "split" for n in numbers(store, each.id))


def split(here: OneLane, claimed: Claimed) -> list[str]:
    """Write the end of a batch that was refused for what is in it, and give the ids of its halves."""
    parts = tuple(NewPart(here.store.new_delivery_id("here"), half) for half in halves_of(claimed.item))
    assert here.settle(claimed, ended("split", keep=60, parts=parts))
    return [part.id for part in parts]


def test_a_batch_that_is_full_is_due_at_once_and_the_next_record_opens_another(store: Store) -> None:
    """Size reached: nobody waits for the window."""
    here = a_lane(store, size=3)

    ids = here.accept(records(here, 1, 2, 3, 4))

    assert [ids[0]] * 3 + [ids[3]] == ids
    assert ("queued", "collecting") == (here.state(ids[0]), here.state(ids[3]))
    assert [ids[0]] == [each.id for each in here.claim()[1]]
    assert [1, 2, 3] == numbers(store, ids[0])


def test_a_batch_leaves_a_window_after_its_first_record(store: Store) -> None:
    """Later records do not put it off, and its lane's time comes by itself."""
    here = a_lane(store, size=9, window=5)
    (first,) = here.accept(records(here, 1))
    leaves_at = here.next_look()
    (second,) = here.accept(records(here, 2))

    accepted = round(store.deliveries.get(first).accepted_at * 1000)
    assert first == second
    assert accepted + 5000 == leaves_at == here.next_look()
    assert () == here.claim()[1]
    assert not here.woken
    here.die()
    here.make_due()
    assert [[1, 2]] == [[record["n"] for record, _ in entries_of(each.item)] for each in here.claim()[1]]


def test_what_joins_after_a_claim_joins_another_batch(store: Store) -> None:
    """What is on its way is closed, even if it was neither full nor old."""
    here = a_lane(store)
    (first,) = here.accept(records(here, 1))
    here.make_due()
    lease, (claimed,) = here.claim()

    (second,) = here.accept(records(here, 2))

    assert first != second
    assert ([1], [2]) == (numbers(store, first), numbers(store, second))
    assert here.settle(claimed)
    assert lease is not None


def test_groups_have_batches_of_their_own(store: Store) -> None:
    """Each is counted by itself."""
    here = a_lane(store, size=2)
    mixed = [
        *records(here, 1),
        *records(here, 2, group=OTHER),
        *records(here, 3),
        *records(here, 4, group=OTHER),
    ]

    ids = here.accept(mixed)

    assert ([1, 3], [2, 4]) == (numbers(store, ids[0]), numbers(store, ids[1]))
    assert ids[:2] == ids[2:]


def test_a_record_that_is_too_heavy_opens_the_next_batch(store: Store) -> None:
    """What one call takes is never gone over, and the batch that was closed leaves at once."""
    here = a_lane(store, size=100)
    heavy = [*records(here, 1, weight=6), *records(here, 2, weight=4), *records(here, 3, weight=1)]

    ids = here.accept(heavy, heaviest=10)

    assert ids[0] == ids[1] != ids[2]
    assert ("queued", "collecting") == (here.state(ids[0]), here.state(ids[2]))


def test_a_batch_is_bounded_in_bytes(store: Store) -> None:
    """It is read and sent as one: whatever its size allows, it leaves before it holds more than four million bytes."""
    here = a_lane(store, size=1000)
    large = [
        each
        for text in ("x" * 1_500_000, "y" * 1_500_000, "z" * 1_500_000, "small")
        for each in here.new(record={"n": text[0]}, fields={"text": text}, group=GROUP)
    ]

    ids = here.accept(large)

    assert [ids[0], ids[0], ids[2], ids[2]] == ids
    assert ids[0] != ids[2]


SHAPED = st.builds(
    Shaped,
    index=st.just(0),
    record=st.just({}),
    fields=st.just({}),
    group=st.sampled_from(["g1", "g2"]),
    weight=st.integers(1, 4),
)


@runs(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SHAPED, min_size=1, max_size=12), st.integers(1, 4), st.integers(4, 8))
def test_acceptance_batches_as_a_preview_says(
    store: Store, shaped: list[Shaped], size: int, heaviest: int
) -> None:
    """The records of one request share deliveries as they share calls in a preview."""
    store.redis.flushall()
    here = a_lane(store, size=size)
    each_alone = [replace(each, index=place) for place, each in enumerate(shaped)]
    new = [each for one in each_alone for each in here.new(group=one.group, weight=one.weight)]
    shared: dict[str, list[int]] = {}

    for place, identifier in enumerate(here.accept(new, heaviest=heaviest)):
        shared.setdefault(identifier, []).append(place)

    previewed = batched(each_alone, size, heaviest)
    assert [[each.index for each in group] for group in previewed] == list(shared.values())


def test_a_size_that_was_lowered_closes_what_is_fuller(store: Store) -> None:
    """The batch leaves with the record that would have joined it opening another."""
    here = a_lane(store, size=9)
    ids = here.accept(records(here, 1, 2, 3))
    here.changes["batch"] = BatchSettings(size=2)

    (next_one,) = here.accept(records(here, 4))

    assert next_one not in ids
    assert ("queued", "collecting") == (here.state(ids[0]), here.state(next_one))


def test_a_batch_is_found_by_every_process(store: Store, settings: Settings) -> None:
    """It is in Redis alone: a web process that starts anew goes on with it, and a worker that starts anew sends it."""
    here = a_lane(store, size=9)
    (first,) = here.accept(records(here, 1))
    restarted = open_store(settings)
    there = OneLane(restarted, make=False, batch=BatchSettings(size=9))

    (second,) = there.accept(records(there, 2))
    there.make_due()
    claimed = there.claim()[1]
    restarted.close()

    assert [first] == [each.id for each in claimed]
    assert (first, [1, 2]) == (second, numbers(store, first))


@pytest.fixture
def stores(settings: Settings) -> Iterator[list[Store]]:
    """Several stores on one Redis, as several web processes have them."""
    opened = [open_store(settings) for _ in range(4)]
    yield opened
    for each in opened:
        each.close()


def test_processes_that_append_at_once_lose_and_repeat_nothing(store: Store, stores: list[Store]) -> None:
    """400 records over four processes: each is in one batch, and no batch is over its size."""
    a_lane(store, size=7)
    lanes = [OneLane(each, make=False, batch=BatchSettings(size=7)) for each in stores]

    def post(start: int) -> list[str]:
        here = lanes[start % len(lanes)]
        return here.accept(records(here, *range(start * 10, start * 10 + 10)))

    with ThreadPoolExecutor(16) as pool:
        told = [identifier for ids in pool.map(post, range(40)) for identifier in ids]

    assert Counter(range(400)) == everything(store)
    assert {1} == set(everything(store).values())
    per_batch = Counter(told)
    assert [7] * 57 + [1] == sorted(per_batch.values(), reverse=True)
    assert per_batch == {name: len(numbers(store, name)) for name in per_batch}


def test_an_answer_of_redis_that_got_lost_adds_no_record_twice(store: Store) -> None:
    """The request is known by a key of our own, and is not called a repeat: its sender sent it once."""
    here = a_lane(store, size=9)
    away = Away(store)
    away.lose("accept", "answer", "answer")
    acceptance = Acceptance(store.redis, away, 4)
    request = Request(key="own-1", digest="", keep=60_000, ours=True)

    accepted = acceptance.accept(store.destinations.get("here").settings, records(here, 1, 2), request)

    assert (1, [1, 2]) == (len(set(accepted.deliveries)), numbers(store, accepted.deliveries[0]))
    assert (False, True) == (accepted.replayed, accepted.wake)


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_an_inactive_destination_goes_on_collecting(store: Store, state: str) -> None:
    """Its batches fill; nothing leaves before it is activated, then all of it does, in order."""
    here = a_lane(store, size=2, active=False)
    if state == "paused":
        store.destinations.set_state("here", "paused")
    ids = here.accept(records(here, 1, 2, 3))
    here.make_due()
    assert [] == store.lanes.whose_time_has_come(10)

    (last,) = here.accept(records(here, 4))
    store.destinations.set_state("here", "active")
    here.bring_forward()

    assert last == ids[2]
    assert [[1, 2], [3, 4]] == [numbers(store, each.id) for each in here.claim()[1]]


def test_an_open_batch_that_is_canceled_is_joined_no_more(store: Store) -> None:
    """What comes afterwards is not canceled with it."""
    here = a_lane(store)
    (first,) = here.accept(records(here, 1))
    store.operations.cancel(first)

    (second,) = here.accept(records(here, 2))

    assert ("canceled", "collecting") == (here.state(first), here.state(second))
    assert [second] == here.due()
    assert ["canceled"] == here.logged(first)


def test_a_destination_made_anew_collects_anew(store: Store) -> None:
    """Nothing of the former one's open batch goes out with it."""
    here = a_lane(store)
    (first,) = here.accept(records(here, 1))
    store.destinations.delete("here", 1)
    there = a_lane(store)

    (second,) = there.accept(records(there, 2))

    assert first != second
    assert [2] == numbers(store, second)


@pytest.mark.parametrize(
    ("waiting", "coming", "taken"), [(0, 9, True), (2, 2, True), (2, 3, False), (1, 5, True)]
)
def test_a_batch_counts_as_one_delivery_that_waits(
    store: Store, waiting: int, coming: int, taken: bool
) -> None:
    """At most two may wait: records that join one add none."""
    here = a_lane(store, size=4, delivery=DeliverySettings(max_waiting=2))
    here.changes["delivery"] = DeliverySettings(max_waiting=2)
    if waiting:
        here.accept(records(here, *range(4 * (waiting - 1) + 2)))
    before = here.due()

    if taken:
        here.accept(records(here, *range(100, 100 + coming)))
    else:
        with pytest.raises(QueueFull):
            here.accept(records(here, *range(100, 100 + coming)))
        assert before == here.due()

    assert waiting == len(before)


# Splitting.


def test_a_batch_that_is_split_is_replaced_by_its_halves(store: Store) -> None:
    """Each is a batch of its own and queued; both name each other, and no record is in two of them."""
    here = a_lane(store, size=5)
    (batch, *_) = here.accept(records(here, 1, 2, 3, 4, 5))
    _, claimed = here.claim_one()

    parts = split(here, claimed)

    whole, first, second = (store.deliveries.get(each) for each in (batch, *parts))
    assert ("split", tuple(parts)) == (whole.state, whole.parts)
    assert [batch, batch] == [first.part_of, second.part_of]
    assert ([1, 2, 3], [4, 5]) == (numbers(store, first.id), numbers(store, second.id))
    assert ("queued", 3, 0) == (first.state, first.record_count, first.attempt_count)
    assert Counter(range(1, 6)) == everything(store)
    assert whole.accepted_at == first.accepted_at
    assert ["split"] == here.logged(batch, everywhere=True)
    assert ["queued"] == here.logged(parts[0], everywhere=True)


def test_the_end_of_a_split_is_written_once(store: Store) -> None:
    """An answer of Redis that got lost makes no further halves."""
    here = a_lane(store, size=2)
    here.accept(records(here, 1, 2))
    _, claimed = here.claim_one()
    parts = split(here, claimed)

    again = here.settle(claimed, ended("split", parts=(NewPart(store.new_delivery_id("here"), ["[{},{}]"]),)))

    assert not again
    assert parts == here.due()


def test_parts_come_before_what_came_after_their_batch(store: Store) -> None:
    """Also where that came with the same request, and where a part is split again."""
    here = a_lane(store, size=4)
    ids = here.accept(records(here, *range(12)))
    lease, (claimed,) = here.claim(1)
    split(here, claimed)
    (half,) = store.lanes.claim(lease, 1).attempts
    split(here, half)

    left = [numbers(store, each) for each in here.due()]

    assert ids[0] == claimed.id
    assert [[0], [1], [2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] == left


def test_a_late_answer_still_splits_a_batch_that_nobody_knew_about(store: Store) -> None:
    """The worker was thought dead, its batch was put back to be repeated; then its answer came after all."""
    here = a_lane(store, size=2)
    here.accept(records(here, 1, 2))
    _, claimed = here.claim_one()
    here.die()
    (left,) = here.lease().left_in_flight
    assert here.settle(left, ended("retrying", known=False, wait=30.0))

    parts = split(here, claimed)

    assert parts == here.due()
    assert Counter([1, 2]) == everything(store)


def test_somebody_comes_for_the_parts_of_a_late_answer(store: Store) -> None:
    """No turn is there to see them, and nothing else waits."""
    here = a_lane(store, size=2)
    here.accept(records(here, 1, 2))
    _, claimed = here.claim_one()
    here.die()
    lease = here.lease()
    here.settle(lease.left_in_flight[0], ended("uncertain", known=False))
    store.lanes.release(lease)

    split(here, claimed)

    assert [here.lane] == store.lanes.whose_time_has_come(1)


def test_a_batch_that_a_person_decided_about_is_split_no_more(store: Store) -> None:
    """A late answer cannot overrule a cancellation."""
    here = a_lane(store, size=2)
    (batch, _) = here.accept(records(here, 1, 2))
    _, claimed = here.claim_one()
    here.die()
    (left,) = here.lease().left_in_flight
    here.settle(left, ended("uncertain", known=False))
    store.operations.cancel(batch)

    parts = (NewPart(store.new_delivery_id("here"), ["[{},{}]"]),)

    assert not here.settle(claimed, ended("split", parts=parts))
    assert ("canceled", []) == (here.state(batch), here.due())


def test_the_set_of_open_batches_is_empty_when_none_is_open(store: Store) -> None:
    """However a batch ends, nothing of it stays behind."""
    here = a_lane(store, size=2)
    here.accept([*records(here, 1, 2, 3), *records(here, 4, group=OTHER)])
    (canceled,) = here.accept(records(here, 5, group="third"))
    store.operations.cancel(canceled)
    here.make_due()
    here.claim()

    assert {} == store.redis.hgetall(f"{keys.shard_prefix(here.lane.shard)}open:here")


def test_parts_remember_that_the_whole_may_have_worked(store: Store) -> None:
    """An attempt of the batch was sent, and nobody knows what became of it: that holds for each of its records."""
    here = a_lane(store, size=2)
    here.accept(records(here, 1, 2))
    lease, (claimed,) = here.claim()
    here.settle(claimed, ended("retrying", known=False, wait=0.0, values={"after_unknown": "1"}))
    (again,) = here.lanes.claim(lease, 1).attempts

    parts = split(here, again)

    assert ["1", "1"] == [here.item(each)["after_unknown"] for each in parts]
