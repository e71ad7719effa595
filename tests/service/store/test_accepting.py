"""Accepting: whole or not at all, once per id, in order, and never unnoticed."""

from __future__ import annotations

import pytest

from relay.errors import Conflict, StoreUnavailable, UnknownDestination
from relay.model.destination import DeliverySettings
from relay.store import Lane, Store, Wanted, keys
from tests.service.store.one_lane import OneLane


def test_the_same_ids_are_stored_once(store: Store) -> None:
    """An answer that got lost may be asked for again: nothing is stored a second time or put back."""
    here = OneLane(store)
    new = here.new(3)
    here.accept(new)
    lease, _ = here.claim(limit=1)

    again = here.accept(new)

    assert [each.id for each in new] == again
    assert (again[1:], again[:1]) == (here.due(), here.flight())
    assert 3 == len(store.deliveries.page(Wanted()).items)
    assert lease is not None


def test_nothing_is_stored_for_a_destination_that_does_not_exist(store: Store) -> None:
    """The refusal leaves no key behind."""
    nowhere = OneLane(store, "nowhere", make=False)

    with pytest.raises(UnknownDestination):
        nowhere.accept()

    assert [] == store.redis.keys("*")


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_nothing_is_stored_where_an_inactive_destination_refuses(store: Store, state: str) -> None:
    """`when_inactive: refuse` refuses the whole request."""
    here = OneLane(store, active=False, when_inactive="refuse")
    if state == "paused":
        store.destinations.set_state("here", "paused")

    with pytest.raises(Conflict, match=state):
        here.accept(2)

    assert ([], None) == (here.due(), here.next_look())
    assert [] == store.deliveries.page(Wanted()).items


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_an_inactive_destination_holds_what_it_takes(store: Store, state: str) -> None:
    """The records are stored and wait; nobody is called, and nobody who comes all the same is given any."""
    here = OneLane(store, active=False)
    if state == "paused":
        store.destinations.set_state("here", "paused")

    held = here.accept(2)
    _, attempts = here.claim()

    assert (held, False) == (here.due(), here.woken)
    assert () == attempts
    assert [] == store.lanes.whose_time_has_come(10)


def test_what_was_held_is_attended_on_activation(store: Store) -> None:
    """Activation puts the lane on the list, so that the held records leave without a further one."""
    here = OneLane(store, active=False)
    held = here.accept(2)

    store.destinations.set_state("here", "active")
    here.bring_forward()

    assert [here.lane] == store.lanes.whose_time_has_come(10)
    assert held == [each.id for each in here.claim()[1]]


def test_a_thousand_records_are_one_script(store: Store) -> None:
    """A full request is stored whole, in order."""
    here = OneLane(store)

    ids = here.accept(1000)

    assert ids == here.due()
    assert ids == sorted(ids)
    assert 1000 == store.destinations.counts("here")["queued"]


def test_what_is_accepted_first_is_claimed_first(store: Store) -> None:
    """Also within one millisecond, and over several requests."""
    here = OneLane(store)
    ids = [identifier for _ in range(50) for identifier in here.accept(3)]

    claimed = [each.id for each in here.claim(limit=1000)[1]]

    assert ids == claimed


def test_one_turn_is_asked_for_however_many_requests_come(store: Store) -> None:
    """Only the request that finds the lane idle asks for a turn."""
    here = OneLane(store)

    woken = [(here.accept(), here.woken)[1] for _ in range(5)]

    assert [True, False, False, False, False] == woken


def test_nobody_is_asked_while_a_turn_serves_the_lane(store: Store) -> None:
    """The turn sees new work by itself; the lease's end stays the time of the next look."""
    here = OneLane(store)
    lease = here.lease()
    before = here.next_look()

    here.accept()

    assert (False, before) == (here.woken, here.next_look())
    assert lease is not None


def test_a_turn_that_was_asked_for_and_never_came_is_asked_for_again(store: Store) -> None:
    """A lost job is made good: when the handover is over, the lane's time has come once more."""
    here = OneLane(store)
    here.accept()
    unhurried = store.lanes.whose_time_has_come(10)

    here.bring_forward()

    assert ([], [here.lane]) == (unhurried, store.lanes.whose_time_has_come(10))


def test_a_served_lane_wakes_again(store: Store) -> None:
    """After a turn gave the lease back, the next record asks for the next turn."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed)
    store.lanes.release(lease)

    here.accept()

    assert here.woken


def test_records_that_come_while_the_rate_window_is_closed_do_not_wake_the_lane(store: Store) -> None:
    """They wait for the window as the others do."""
    here = OneLane(store)
    store.lanes.release(here.lease(), not_before=60)

    here.accept()
    look = here.next_look()

    assert not here.woken
    assert look is not None
    assert 55_000 < look - here.now() <= 60_000


def test_nothing_is_said_to_be_stored_while_redis_is_away(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears of it, and its records are not half there."""
    here = OneLane(store)
    run = store.lanes._scripts.run

    def unavailable(name: str, key: str, args: list[object]) -> object:
        if name == "accept":
            raise StoreUnavailable
        return run(name, key, args)

    monkeypatch.setattr(store.lanes._scripts, "run", unavailable)
    monkeypatch.setattr("relay.store.acceptance.PATIENCE", 0.01)

    with pytest.raises(StoreUnavailable):
        here.accept()

    assert [] == here.due()


def test_an_accept_whose_answer_got_lost_is_repeated_and_stores_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may have been stored must not be called refused."""
    here = OneLane(store)
    run = store.lanes._scripts.run
    lost = iter([True])

    def forgetful(name: str, key: str, args: list[object]) -> object:
        answer = run(name, key, args)
        if next(lost, False):
            raise StoreUnavailable
        return answer

    monkeypatch.setattr(store.lanes._scripts, "run", forgetful)

    ids = here.accept(2)

    assert ids == here.due()


def test_lanes_of_a_shard_do_not_mix(store: Store) -> None:
    """Two destinations of one shard keep their records apart."""
    first = OneLane(store, "d0")
    twin = next(name for name in (f"d{n}" for n in range(1, 200)) if keys.shard_of(name) == first.lane.shard)
    second = OneLane(store, twin)

    ones, others = first.accept(2), second.accept(2)

    assert (ones, others) == (first.due(), second.due())
    assert Lane.named(f"delivery/{twin}") == second.lane


def test_an_answer_that_got_lost_is_no_reason_to_find_the_queue_full(store: Store) -> None:
    """What the first run stored is not counted once more: who was told "full" would send it all again."""
    here = OneLane(store, delivery=DeliverySettings(max_waiting=3))
    new = here.new(2)
    first = here.accept(new)

    again = here.accept(new)

    assert (first, first) == (again, here.due())


def test_a_test_is_stored_once(store: Store) -> None:
    """An answer that got lost may be asked for again, also when a worker has begun the call."""
    here = OneLane(store)
    settings, identifier = store.destinations.get("here").settings, store.new_delivery_id("here")
    tests = OneLane(store, kind="test", make=False)
    store.acceptance.begin_test(settings, identifier, [{}], {})
    tests.claim_one()

    store.acceptance.begin_test(settings, identifier, [{}], {})

    assert ("sending", [], [identifier]) == (here.state(identifier), tests.due(), tests.flight())
