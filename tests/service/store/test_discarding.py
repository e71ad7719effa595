"""A destination is deleted with what waits in it, counted to the last one."""

from __future__ import annotations

import pytest

from relay.errors import Conflict, UnknownDestination
from relay.store import Store, keys
from relay.store.attempts import LeaseLost
from relay.store.discards import AT_A_TIME, REASON
from tests.destinations import a_destination
from tests.service.store.brought import IN_A_LANE, brought_to
from tests.service.store.one_lane import OneLane, ended

LONG = 30.0  # seconds


def finish(store: Store) -> None:
    """End all that was set aside."""
    assert store.discards.finish(LONG)


def in_all_waiting_states(here: OneLane) -> list[str]:
    """Give four deliveries that wait, each for something else."""
    return [brought_to(here, state) for state in ("uncertain", "retrying", "queued", "collecting")]


@pytest.mark.parametrize("discard", [None, 3, 5, 0])
def test_only_the_right_number_deletes(store: Store, discard: int | None) -> None:
    """Otherwise the refusal names it, and nothing has changed."""
    here = OneLane(store)
    ids = in_all_waiting_states(here)
    before = [here.item(each) for each in ids]

    with pytest.raises(Conflict, match='"discard": 4') as refusal:
        store.destinations.delete("here", discard)

    assert (0 if discard is None else 1) == len(refusal.value.errors)
    assert (before, "active") == ([here.item(each) for each in ids], store.destinations.get("here").state)
    assert not store.redis.exists(keys.discards(here.lane.shard))


@pytest.mark.parametrize("state", [*IN_A_LANE, "uncertain"])
def test_what_waits_is_canceled_with_its_destination(store: Store, state: str) -> None:
    """It says why, expires in its time, and nothing is left of the lane."""
    here = OneLane(store)
    identifier = brought_to(here, state)

    leftover = store.destinations.delete("here", 1)
    finish(store)
    log = store.deliveries.get(identifier)

    assert (1, "canceled", REASON) == (leftover.deliveries, log.state, log.reason)
    assert (["canceled"], ["canceled"]) == (
        here.logged(identifier),
        here.logged(identifier, everywhere=True),
    )
    assert store.redis.ttl(keys.delivery(identifier)) > 0
    assert ([], None) == (here.due(), here.next_look())
    assert not list(store.redis.scan_iter("relay:*:discard*"))
    assert not list(store.redis.scan_iter("relay:*:open:*"))
    with pytest.raises(UnknownDestination):
        store.destinations.get("here")


def test_a_test_that_waits_counts_and_goes_too(store: Store) -> None:
    """Nobody would ever send it."""
    here = OneLane(store)
    identifier = store.new_delivery_id("here")
    store.acceptance.begin_test(a_destination(), identifier, [{}], {})

    with pytest.raises(Conflict):
        store.destinations.delete("here")
    store.destinations.delete("here", 1)
    finish(store)

    tests = OneLane(store, kind="test", make=False)
    assert ("canceled", [], None) == (here.state(identifier), tests.due(), tests.next_look())


def test_callbacks_that_wait_are_named_and_go_too(store: Store) -> None:
    """They do not count as deliveries, but no destination is deleted with them unasked."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed)
    store.lanes.release(lease)

    with pytest.raises(Conflict, match=r'0 deliveries .* 1 callback; .*"discard": 0'):
        store.destinations.delete("here")
    leftover = store.destinations.delete("here", 0)
    finish(store)
    (told,) = store.deliveries.get(identifier).callbacks

    assert (0, 1) == (leftover.deliveries, leftover.callbacks)
    assert ("delivered", callback, "dead", REASON) == (
        here.state(identifier),
        told.id,
        told.state,
        told.reason,
    )
    assert ([], None) == (here.callbacks.due(), here.callbacks.next_look())
    assert store.redis.ttl(keys.callback(callback)) > 0


def test_a_callback_on_its_way_is_not_sent_again(store: Store) -> None:
    """Its destination is gone, and with it the lane."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed)
    lane = here.callbacks
    _, told = lane.claim_one()

    store.destinations.delete("here", 0)
    lane.settle(told, ended("retrying", wait=0.0))

    assert ("dead", [], [], None) == (lane.state(callback), lane.due(), lane.flight(), lane.next_look())


@pytest.mark.parametrize("discard", [None, 0, 1])
def test_a_call_on_its_way_has_to_end_first(store: Store, discard: int | None) -> None:
    """Nobody can take it back, and its answer must find its place."""
    here = OneLane(store)
    identifier = brought_to(here, "sending")

    with pytest.raises(Conflict, match="wait a moment"):
        store.destinations.delete("here", discard)

    assert ("sending", "active") == (here.state(identifier), store.destinations.get("here").state)


def test_nothing_waits_and_somebody_says_that_something_does(store: Store) -> None:
    """The number is wrong, so somebody is mistaken about this destination."""
    OneLane(store)

    with pytest.raises(Conflict, match='"discard": 0'):
        store.destinations.delete("here", 3)

    store.destinations.delete("here", 0)


def test_a_destination_made_anew_is_not_touched(store: Store) -> None:
    """While what the old one left is being ended, the new one takes and sends its own."""
    here = OneLane(store)
    old = [*in_all_waiting_states(here), *here.accept(AT_A_TIME)]
    store.destinations.delete("here", len(old))
    again = OneLane(store)
    new = [brought_to(again, state) for state in ("uncertain", "retrying", "collecting", "queued")]

    assert set(new[1:]) == set(again.due())
    finish(store)

    assert set(new[1:]) == set(again.due())
    assert ["uncertain", "retrying", "collecting", "queued"] == [again.state(each) for each in new]
    assert {"canceled"} == {here.state(each) for each in old}
    counts = {state: number for state, number in store.destinations.counts("here").items() if number}
    assert {"canceled": len(old), "uncertain": 1, "retrying": 1, "collecting": 1, "queued": 1} == counts


def test_a_record_for_the_new_destination_joins_no_batch_of_the_old_one(store: Store) -> None:
    """Its batch is its own."""
    here = OneLane(store)
    old = brought_to(here, "collecting")
    store.destinations.delete("here", 1)
    again = OneLane(store)

    (new,) = again.accept(again.new(group="g"))
    finish(store)

    assert old != new
    assert ("canceled", "collecting", [new]) == (again.state(old), again.state(new), again.due())


def test_what_is_to_be_discarded_cannot_be_brought_back(store: Store) -> None:
    """Not by a retry into the new destination, not by a resolution; a cancellation only says it earlier."""
    here = OneLane(store)
    uncertain, retrying, queued = (brought_to(here, state) for state in ("uncertain", "retrying", "queued"))
    store.destinations.delete("here", 3)
    again = OneLane(store)

    for identifier in (uncertain, retrying):
        with pytest.raises(Conflict, match="deleted with all that waited"):
            store.operations.retry(identifier)
    with pytest.raises(Conflict, match="deleted with all that waited"):
        store.operations.resolve(store.deliveries.get(uncertain), "delivered", "By hand.", None)
    store.operations.cancel(queued)
    finish(store)

    assert ["canceled"] * 3 == [here.state(each) for each in (uncertain, retrying, queued)]
    assert ("Canceled by hand.", []) == (store.deliveries.get(queued).reason, again.due())


def test_a_late_answer_finds_nothing_to_put_right(store: Store) -> None:
    """The worker seemed dead, its attempt ended as unknown, and then the destination was deleted."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, frozen = here.claim_one()
    here.die()
    lease = here.lease()
    here.settle(lease.left_in_flight[0], ended("retrying", wait=600.0, known=False))
    store.lanes.release(lease)
    store.destinations.delete("here", 1)
    again = OneLane(store)

    before = here.settle(frozen, ended("retrying", wait=0.0))
    finish(store)
    after = here.settle(frozen, ended("delivered"))

    assert (False, False, "canceled", []) == (before, after, here.state(identifier), again.due())


def test_a_turn_of_the_old_destination_serves_nothing_more(store: Store) -> None:
    """Its lease went with the lane."""
    here = OneLane(store)
    lease = here.lease()
    here.accept()
    store.destinations.delete("here", 1)
    again = OneLane(store)
    again.accept()

    with pytest.raises(LeaseLost):
        store.lanes.claim(lease, 10)

    assert 1 == len(again.due())


def test_who_dies_over_it_is_followed_by_another(store: Store) -> None:
    """What is set aside is listed until it is ended, however little each one does."""
    here = OneLane(store)
    ids = here.accept(AT_A_TIME + 1)
    store.destinations.delete("here", len(ids))

    assert not store.discards.finish_of("here", 0.0)
    assert "queued" == here.state(ids[0])
    assert store.discards.finish(LONG)

    assert {"canceled"} == {here.state(each) for each in ids}
    assert store.discards.finish(0.0)


def test_deleting_costs_the_same_however_much_waits(store: Store) -> None:
    """The one script that must be atomic as to the count touches no single delivery."""
    here = OneLane(store)
    few, many = 1, 3000
    asked = []
    for number in (few, many):
        for _ in range(0, number, 1000):
            here.accept(min(number, 1000))
        store.redis.config_resetstat()
        store.destinations.delete("here", number)
        stats = store.redis.info("commandstats")
        asked.append(sum(each["calls"] for name, each in stats.items() if name.startswith("cmdstat_z")))
        finish(store)
        here = OneLane(store)

    assert asked[0] == asked[1]


def test_a_callback_on_its_way_expires_though_nobody_ends_it(store: Store) -> None:
    """Its worker dies, and its lane is gone with its destination: nothing of it stays for ever."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed)
    here.callbacks.claim_one()

    store.destinations.delete("here", 0)

    assert store.redis.ttl(keys.callback(callback)) > 24 * 3600  # it may be tried for that long
