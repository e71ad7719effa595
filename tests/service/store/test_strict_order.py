"""Strict order in the store: one in flight, a head that blocks, and nobody who waits for longer than the head does."""

from __future__ import annotations

from typing import Any

import pytest

from relay.model.destination import DeliverySettings
from relay.store import Store, keys
from relay.store.attempts import Claimed, Lease
from tests.destinations import a_destination
from tests.service.store.clock import Clock
from tests.service.store.one_lane import OneLane, ended

STRICT = DeliverySettings(strict_order=True)
LOOSE = DeliverySettings()


def a_lane(store: Store, **changes: Any) -> OneLane:
    """Give a destination that keeps strict order."""
    return OneLane(store, **{"delivery": STRICT, **changes})


def switch(here: OneLane, delivery: DeliverySettings) -> None:
    """Change whether the order is strict."""
    standing = here.store.destinations.get("here")
    here.store.destinations.replace(a_destination("here", delivery=delivery), standing.revision)


def claimed_by(here: OneLane, lease: Lease) -> list[str]:
    """Claim as many as there are, and give their ids."""
    return [each.id for each in here.lanes.claim(lease, 100).attempts]


def waiting_head(here: OneLane, number: int = 3, wait: float = 60.0) -> tuple[list[str], Claimed]:
    """Let the first of some deliveries wait for its next attempt."""
    ids = here.accept(number)
    lease, head = here.claim_one()
    assert here.settle(head, ended("retrying", wait=wait))
    here.lanes.release(lease)
    return ids, head


def test_one_is_claimed_at_a_time_in_order(store: Store) -> None:
    """Whatever the turn asks for."""
    here = a_lane(store)
    ids = here.accept(3)
    lease = here.lease()
    order = []
    for _ in ids:
        (claimed,) = here.lanes.claim(lease, 100).attempts
        assert [] == claimed_by(here, lease)
        here.settle(claimed)
        order.append(claimed.id)

    assert ids == order


@pytest.mark.parametrize("wait", [60.0, 0.0])
def test_a_head_that_waits_blocks_those_behind_it(store: Store, wait: float) -> None:
    """The lane's time is the head's, and nothing is due before: also what comes in meanwhile waits."""
    here = a_lane(store)
    ids, head = waiting_head(here, wait=wait)
    here.accept(1)
    due_at = int(here.item(head.id)["next_attempt_at"])

    assert due_at == here.next_look() or wait == 0.0
    here.bring_forward()
    lease = here.lease()
    assert ([] if wait else [ids[0]]) == claimed_by(here, lease)
    assert (0 if wait else 1) == lease.due


def test_the_head_goes_first_when_its_time_has_come(store: Store) -> None:
    """Then the rest, in order."""
    here = a_lane(store)
    ids, _ = waiting_head(here)
    here.make_due()
    lease = here.lease()
    order = []
    for _ in ids:
        (claimed,) = here.lanes.claim(lease, 100).attempts
        here.settle(claimed)
        order.append(claimed.id)

    assert ids == order


def test_while_the_head_waits_nobody_is_told_that_anything_is_due(store: Store) -> None:
    """A turn that comes all the same asks once and goes: no loop runs hot."""
    here = a_lane(store)
    waiting_head(here)
    lease = here.lease()

    claims = [here.lanes.claim(lease, 5) for _ in range(3)]

    assert [(), (), ()] == [each.attempts for each in claims]
    assert [0, 0, 0] == [each.due for each in claims]


def test_an_attempt_whose_end_nobody_could_write_blocks_without_a_hot_loop(store: Store) -> None:
    """It stays in flight until a later turn finds it; this one is told that nothing is due."""
    here = a_lane(store)
    here.accept(3)
    lease = here.lease()
    begun = here.lanes.claim(lease, 1)

    more = here.lanes.claim(lease, 1)

    assert (1, 2) == (len(begun.attempts), begun.due)
    assert ((), 0) == (more.attempts, more.due)
    here.lanes.release(lease)
    look = here.next_look()
    assert look is not None
    assert look <= here.now() + 5000


def test_after_a_worker_died_its_attempt_blocks_until_it_is_settled(store: Store) -> None:
    """Never two in flight: the next turn first ends what was left."""
    here = a_lane(store)
    ids = here.accept(3)
    here.claim_one()
    here.die()
    lease = here.lease()
    (left,) = lease.left_in_flight
    none = claimed_by(here, lease)
    here.settle(left, ended("retrying", known=False, wait=30.0))
    still_none = claimed_by(here, lease)
    here.lanes.release(lease)
    here.make_due()

    assert ([], []) == (none, still_none)
    assert [ids[0]] == claimed_by(here, here.lease())


@pytest.mark.parametrize("state", ["uncertain", "dead", "delivered"])
def test_what_is_over_or_waits_for_a_person_does_not_block(store: Store, state: str) -> None:
    """A person may take days."""
    here = a_lane(store)
    ids = here.accept(2)
    lease, head = here.claim_one()
    here.settle(head, ended(state))

    assert [ids[1]] == claimed_by(here, lease)


def test_canceling_the_head_lets_the_rest_go_at_once(store: Store) -> None:
    """Somebody is asked to come: the rest must not wait for as long as the head would have."""
    here = a_lane(store)
    ids, head = waiting_head(here, wait=3600.0)

    store.operations.cancel(head.id)

    look = here.next_look()
    assert look is not None
    assert look <= here.now() + 5000
    here.bring_forward()
    assert [ids[1]] == claimed_by(here, here.lease())


def test_canceling_one_behind_the_head_changes_nothing_for_the_rest(store: Store) -> None:
    """The head still blocks."""
    here = a_lane(store)
    ids, head = waiting_head(here)

    store.operations.cancel(ids[1])

    assert [] == claimed_by(here, here.lease())
    assert int(here.item(head.id)["next_attempt_at"]) > here.now()


def test_retrying_the_head_by_hand_sends_it_first(store: Store) -> None:
    """It does not go to the end of the queue for having been helped along."""
    here = a_lane(store)
    ids, head = waiting_head(here, wait=3600.0)

    store.operations.retry(head.id)

    here.bring_forward()
    assert [ids[0]] == claimed_by(here, here.lease())


def test_retrying_what_is_over_puts_it_behind_what_waits(store: Store) -> None:
    """Those that waited came first by now."""
    here = a_lane(store)
    ids = here.accept(2)
    lease, first = here.claim_one()
    here.settle(first, ended("dead"))
    store.operations.retry(first.id)

    (claimed,) = here.lanes.claim(lease, 5).attempts

    assert ids[1] == claimed.id


def test_a_paused_head_is_the_first_after_activation(store: Store) -> None:
    """A refused credential holds the head; what came later stays behind it."""
    here = a_lane(store)
    ids, _ = waiting_head(here, wait=0.0)
    store.destinations.set_state("here", "paused")
    here.accept(1)
    assert [] == claimed_by(here, here.lease())
    here.die()

    store.destinations.set_state("here", "active")
    here.bring_forward()

    assert [ids[0]] == claimed_by(here, here.lease())


def test_switching_it_off_lets_everything_go_at_once(store: Store) -> None:
    """Also where the head would have waited for an hour."""
    here = a_lane(store)
    ids, _ = waiting_head(here, wait=3600.0)

    switch(here, LOOSE)

    look = here.next_look()
    assert look is not None
    assert look <= here.now() + 5000
    here.bring_forward()
    assert ids[1:] == claimed_by(here, here.lease())


def test_switching_it_on_makes_the_oldest_that_waits_to_be_retried_the_head(store: Store) -> None:
    """What was tried before is settled first."""
    here = a_lane(store, delivery=LOOSE)
    ids = here.accept(3)
    lease, (first, second) = here.claim(2)
    here.settle(second, ended("retrying", wait=50.0))
    here.settle(first, ended("retrying", wait=60.0))
    here.lanes.release(lease)

    switch(here, STRICT)

    here.bring_forward()
    assert [] == claimed_by(here, here.lease())
    here.die()
    here.make_due()
    assert [ids[0]] == claimed_by(here, here.lease())


def test_switching_it_on_waits_for_all_that_is_in_flight(store: Store) -> None:
    """Several may be on their way by then; nothing more begins before the last of them has ended."""
    here = a_lane(store, delivery=LOOSE)
    ids = here.accept(4)
    lease, (first, second) = here.claim(2)
    switch(here, STRICT)

    none = claimed_by(here, lease)
    here.settle(first)
    still_none = claimed_by(here, lease)
    here.settle(second)

    assert ([], []) == (none, still_none)
    assert [ids[2]] == claimed_by(here, lease)


@pytest.mark.parametrize("last", [0, 1])
def test_of_several_that_were_in_flight_the_oldest_is_the_head(store: Store, last: int) -> None:
    """Whichever of them ended last."""
    here = a_lane(store, delivery=LOOSE)
    ids = here.accept(4)
    lease, both = here.claim(2)
    switch(here, STRICT)
    here.settle(both[1 - last], ended("retrying", wait=0.0))
    while_one_flies = claimed_by(here, lease)
    here.settle(both[last], ended("retrying", wait=0.0))

    assert ([], [ids[0]]) == (while_one_flies, claimed_by(here, lease))


def test_when_the_head_ends_the_next_of_several_that_were_in_flight_is_the_head(store: Store) -> None:
    """It waits for its time, and holds up the rest as the first one did."""
    here = a_lane(store, delivery=LOOSE)
    ids = here.accept(4)
    lease, (first, second) = here.claim(2)
    switch(here, STRICT)
    here.settle(first, ended("retrying", wait=0.0))
    here.settle(second, ended("retrying", wait=60.0))
    (again,) = here.lanes.claim(lease, 100).attempts
    here.settle(again)

    blocked = claimed_by(here, lease)
    here.make_due()

    assert ([], [ids[1]]) == (blocked, claimed_by(here, lease))


def test_other_lanes_know_no_head(store: Store) -> None:
    """Callbacks and tests of a destination in strict order go as they come."""
    here = a_lane(store)
    waiting_head(here)
    tests = OneLane(store, kind="test", make=False)
    for _ in range(2):
        store.acceptance.begin_test(
            store.destinations.get("here").settings, store.new_delivery_id("here"), [{}], {}
        )

    lease, attempts = tests.claim()

    assert 2 == len(attempts)
    assert lease is not None
    assert 2 == len(here.redis.zrange(keys.due(here.lane), 0, -1)) - 1


def test_a_late_answer_lets_the_rest_go_at_once(store: Store) -> None:
    """The head was settled as unknown, to be tried again much later; then its own answer ends it, and no turn is there."""
    here = a_lane(store)
    ids = here.accept(2)
    _, head = here.claim_one()
    here.die()
    lease = here.lease()
    here.settle(lease.left_in_flight[0], ended("retrying", known=False, wait=3600.0))
    here.lanes.release(lease)

    assert here.settle(head)

    look = here.next_look()
    assert look is not None
    assert look <= here.now()
    assert [ids[1]] == claimed_by(here, here.lease())


def test_a_test_that_waits_hides_no_head(store: Store) -> None:
    """The log of what waits to be tried again names tests too: the order that becomes strict is that of the lane."""
    here = OneLane(store)
    settings = store.destinations.get("here").settings
    store.acceptance.begin_test(settings, store.new_delivery_id("here"), [{}], {})
    tests = OneLane(store, kind="test", make=False)
    _, test = tests.claim_one()
    tests.settle(test, ended("retrying", wait=60.0))
    ids = here.accept(2)
    lease, (first,) = here.claim(limit=1)
    here.settle(first, ended("retrying", wait=60.0))
    here.lanes.release(lease)

    switch(here, STRICT)

    here.bring_forward()
    assert [] == claimed_by(here, here.lease())
    assert ids[0].encode() == here.redis.hget(keys.lane_of(here.lane), "head")


def test_a_clock_that_is_set_back_keeps_the_order(clocked: Store, clock: Clock) -> None:
    """What is taken after that waits until what was taken before it is due, by a second or two, and goes after it.

    Ids do not tell what was taken first: they are made by the clocks of several machines.
    """
    here = a_lane(clocked)
    clock.move(4)  # less than after which the moment is noted anew
    ids = here.accept(2)
    clock.move(-3600)
    for record in reversed(here.new(2)):
        ids += here.accept([record])
    order = []
    clock.move(10)
    lease = here.lease()
    while claimed := here.lanes.claim(lease, 100).attempts:
        here.settle(claimed[0])
        order.append(claimed[0].id)

    assert ids == order


def test_what_a_process_held_that_gave_the_lane_away_unblocks_it_as_it_ends(store: Store) -> None:
    """Nobody is there to see that, and what waits is not to wait for as long as the attempt might have been held."""
    here = a_lane(store)
    here.accept(2)
    lease, claimed = here.claim_one()
    store.lanes.hold(lease)
    store.lanes.release(lease)
    blocked = store.lanes.whose_time_has_come(1)

    assert here.settle(claimed)

    assert ([], [here.lane]) == (blocked, store.lanes.whose_time_has_come(1))


def test_a_head_is_found_behind_any_number_of_others(store: Store) -> None:
    """The log names what waited in an earlier destination with this id, too, until all of that has been ended."""
    here = OneLane(store)
    _, waits, _ = here.accept(3)
    _, attempts = here.claim(limit=2)
    here.settle(attempts[1], ended("retrying", wait=60.0))
    leftovers = {f"dlv_0{number:03}": 0 for number in range(100)}
    here.redis.zadd(keys.log(here.lane.shard, "here", "retrying"), leftovers)

    switch(here, STRICT)

    assert waits == here.redis.hget(keys.lane_of(here.lane), "head").decode()
