"""Repeats: of a request by its key, of a record by its dedupe key. One is stored, all get its answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relay.config import Settings
from relay.errors import Conflict, QueueFull, UnknownDestination
from relay.model.delivery import NewRecord
from relay.model.destination import BatchSettings, DeliverySettings
from relay.store import Store, Wanted, keys, open_store
from relay.store.acceptance import OtherBody, OtherRecords, Request
from tests.destinations import a_destination
from tests.service.store.one_lane import OneLane

DAY = 86_400_000  # milliseconds


def a_request(key: str = "k", digest: str = "body", **changes: Any) -> Request:
    """Give a request that is remembered for a day."""
    return Request(key=key, digest=digest, **{"keep": DAY, **changes})


def record(here: OneLane, dedupe: str = "d", digest: str = "s.1", **changes: Any) -> NewRecord:
    """Give a record whose repeats are known."""
    return here.new(dedupe=dedupe, digest=digest, **changes)[0]


def stored(store: Store) -> int:
    """Count the deliveries in the store."""
    return len(store.deliveries.page(Wanted(), limit=200).items)


# Requests.


def test_a_request_that_comes_again_is_answered_and_not_stored(store: Store) -> None:
    """With the ids of the first one, and the rest of its answer."""
    here = OneLane(store)
    settings = store.destinations.get("here").settings
    first = store.acceptance.accept(settings, here.new(3), a_request(rest='{"a": 1}'))

    again = store.acceptance.accept(settings, here.new(3), a_request(rest='{"b": 2}'))
    recalled = store.acceptance.recall(store.destinations.get("here"), "k", "body")

    assert recalled
    assert first.deliveries == again.deliveries == recalled.deliveries == here.due()
    assert (False, True, True) == (first.replayed, again.replayed, recalled.replayed)
    assert '{"a": 1}' == again.rest == recalled.rest


def test_a_request_that_brought_nothing_is_remembered_as_well(store: Store) -> None:
    """Its repeat brings nothing, whatever the settings say by then."""
    here = OneLane(store)

    assert ([], []) == (here.accept([], request=a_request()), here.accept(1, request=a_request()))
    recalled = store.acceptance.recall(store.destinations.get("here"), "k", "body")
    assert recalled
    assert [] == recalled.deliveries
    assert 0 == stored(store)


def test_a_key_with_another_body_is_refused(store: Store) -> None:
    """Nothing is stored, and the first answer stands."""
    here = OneLane(store)
    first = here.accept(request=a_request())

    with pytest.raises(OtherBody):
        here.accept(request=a_request(digest="other"))
    with pytest.raises(OtherBody):
        store.acceptance.recall(store.destinations.get("here"), "k", "other")

    assert first == here.due()


def test_a_key_is_forgotten_after_its_time(store: Store) -> None:
    """Four days in earnest; then the same key stores again."""
    here = OneLane(store)
    here.accept(request=a_request())
    made = round(store.destinations.get("here").created_at * 1000)
    key = keys.request("here", made, "k")
    left = store.redis.pttl(key)
    store.redis.pexpire(key, 0)

    here.accept(request=a_request(digest="other"))

    assert DAY - 5000 < left <= DAY
    assert 2 == stored(store)


def test_a_refused_request_is_not_remembered(store: Store) -> None:
    """It may come again when the destination takes records, or has room."""
    here = OneLane(store, active=False, when_inactive="refuse", delivery=DeliverySettings(max_waiting=1))
    with pytest.raises(Conflict):
        here.accept(request=a_request())
    store.destinations.set_state("here", "active")
    here.accept()
    with pytest.raises(QueueFull):
        here.accept(request=a_request())
    here.claim()
    here.redis.delete(keys.flight(here.lane))

    assert 1 == len(here.accept(request=a_request(digest="whatever it is by then")))


def test_a_repeat_is_answered_where_a_new_request_would_be_refused(store: Store) -> None:
    """A full queue, or a paused destination: what was accepted was accepted."""
    here = OneLane(store, when_inactive="refuse", delivery=DeliverySettings(max_waiting=1))
    first = here.accept(request=a_request())
    with pytest.raises(QueueFull):
        here.accept()
    when_full = here.accept(request=a_request())
    store.destinations.set_state("here", "paused")

    when_paused = here.accept(request=a_request())

    assert first == when_full == when_paused


def test_what_a_destination_was_sent_says_nothing_of_a_later_one(store: Store) -> None:
    """A destination that is deleted and made anew replays nothing of the former one."""
    here = OneLane(store)
    (first,) = here.accept([record(here)], request=a_request())
    store.destinations.delete("here", 1)
    there = OneLane(store)

    (second,) = there.accept([record(there, digest="s.2")], request=a_request(digest="other"))

    assert first != second
    assert [second] == there.due()


def test_records_for_another_template_are_for_a_destination_that_is_gone(store: Store) -> None:
    """The destination was made anew between the check of the records and their storing."""
    here = OneLane(store)
    former = a_destination("here", template="create_scheduling_link")

    with pytest.raises(UnknownDestination):
        store.acceptance.accept(former, here.new())

    assert 0 == stored(store)


# Records.


def test_a_record_that_comes_again_is_the_delivery_that_it_was(store: Store) -> None:
    """In the same request and in a later one, in whatever state it is by then."""
    here = OneLane(store)
    settings = store.destinations.get("here").settings

    first = store.acceptance.accept(settings, [record(here, "x"), record(here, "y"), record(here, "x")])
    x, y, again = first.deliveries
    lease, (claimed, _) = here.claim()
    here.settle(claimed)
    second = store.acceptance.accept(settings, [record(here, "y"), record(here, "x")])
    third = store.acceptance.accept(settings, [record(here, "x"), record(here, "z")])

    assert x == again
    assert [y, x] == second.deliveries
    assert (False, True, False) == (first.replayed, second.replayed, third.replayed)
    assert 3 == stored(store)
    assert lease is not None


def test_records_without_a_key_are_never_repeats(store: Store) -> None:
    """However much alike they are."""
    here = OneLane(store)

    ids = here.accept([record(here, ""), record(here, ""), record(here, "")])

    assert 3 == len(set(ids)) == stored(store)


def test_a_known_key_that_would_send_something_else_is_told(store: Store) -> None:
    """By its place, in the same request and in a later one; then nothing of the request is stored."""
    here = OneLane(store)
    here.accept([record(here, "x", "s.1")])
    mixed = [
        *(record(here, "new", "s.1"), record(here, "x", "s.1"), record(here, "x", "s.2")),
        *(record(here, "y", "s.1"), record(here, "y", "s.2")),
    ]

    with pytest.raises(OtherRecords) as refusal:
        here.accept(mixed, request=a_request())

    assert (2, 4) == refusal.value.places
    assert 1 == stored(store)
    assert store.acceptance.recall(store.destinations.get("here"), "k", "body") is None
    assert [] == store.redis.keys("*seen:*new")


def test_other_settings_make_no_other_record(store: Store) -> None:
    """What was read under other settings cannot be compared: it counts as the repeat that it says it is."""
    here = OneLane(store)
    (first,) = here.accept([record(here, "x", "old.1")])

    assert [first] == here.accept([record(here, "x", "new.2")])


def test_a_dedupe_key_is_forgotten_after_its_time(store: Store) -> None:
    """As long as a request's."""
    here = OneLane(store)
    here.accept([record(here)])
    (key,) = store.redis.keys("*seen:*")
    left = store.redis.pttl(key)
    store.redis.pexpire(key, 0)

    here.accept([record(here)])

    assert 4 * DAY - 5000 < left <= 4 * DAY
    assert 2 == stored(store)


def test_repeats_are_known_across_batches(store: Store) -> None:
    """A record is in one batch: the one that it joined, also when that has left."""
    here = OneLane(store, batch=BatchSettings(size=2))

    def some(*names: str) -> list[NewRecord]:
        return [record(here, name, group="g", record={"n": name}) for name in names]

    ids = here.accept(some("a", "b", "a", "c", "b"))
    more = here.accept(some("c", "d", "a"))

    assert [ids[0], ids[0], ids[0], ids[3], ids[0]] == ids
    assert [ids[3], ids[3], ids[0]] == more
    batches = [store.deliveries.get(each).records for each in here.due()]
    assert [["a", "b"], ["c", "d"]] == [[each["n"] for each in batch] for batch in batches]


def test_only_what_is_new_counts_against_the_bound(store: Store) -> None:
    """A request of repeats is answered where there is no room for more."""
    here = OneLane(store, delivery=DeliverySettings(max_waiting=2))
    ids = here.accept([record(here, "x"), record(here, "y")])

    assert ids == here.accept([record(here, "x"), record(here, "y")])
    with pytest.raises(QueueFull):
        here.accept([record(here, "x"), record(here, "z")])


def test_a_request_that_is_larger_than_the_bound_is_not_sent_away_for_ever(store: Store) -> None:
    """Where nothing waits it is taken; then nothing more is until there is room."""
    here = OneLane(store, delivery=DeliverySettings(max_waiting=2))

    assert 5 == len(here.accept(5))
    with pytest.raises(QueueFull):
        here.accept(1)


def test_a_full_queue_does_not_deny_what_it_has_just_stored(store: Store) -> None:
    """An answer of Redis that got lost is asked for again: the records fill the queue, and are taken all the same."""
    here = OneLane(store, delivery=DeliverySettings(max_waiting=3))
    here.accept(1)
    new = here.new(2)

    first, again = here.accept(new), here.accept(new)

    assert first == again
    assert 3 == stored(store)


# All at once.


@pytest.fixture
def stores(settings: Settings) -> Iterator[list[Store]]:
    """Several stores on one Redis, as several web processes have them."""
    opened = [open_store(settings) for _ in range(5)]
    yield opened
    for each in opened:
        each.close()


@pytest.mark.parametrize("by", ["request", "record", "both"])
def test_fifty_repeats_at_once_store_one_delivery(store: Store, stores: list[Store], by: str) -> None:
    """Over several processes: one stores, all give the same ids, and all but one say that it is a repeat."""
    here = OneLane(store)
    settings = store.destinations.get("here").settings

    def post(number: int) -> Any:
        each = stores[number % len(stores)]
        new = [record(here, "" if by == "request" else f"d{place}") for place in range(3)]
        return each.acceptance.accept(settings, new, None if by == "record" else a_request())

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert 3 == stored(store)
    assert {tuple(here.due())} == {tuple(each.deliveries) for each in answers}
    assert [False, *[True] * 49] == sorted(each.replayed for each in answers)
    assert 1 == sum(each.wake for each in answers)
