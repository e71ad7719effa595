"""Leases and claims: one turn a lane, one attempt a delivery, and each on record before it is made."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from relay.store import Store, keys
from relay.store.attempts import LeaseLost
from relay.store.lanes import LEASE
from tests.service.store.clock import Clock
from tests.service.store.one_lane import OneLane, ended


def test_fifty_threads_get_one_lease(store: Store) -> None:
    """A lane is never served twice at a time."""
    here = OneLane(store)
    here.accept()

    with ThreadPoolExecutor(50) as pool:
        leases = list(pool.map(lambda _: store.lanes.lease(here.lane), range(50)))

    assert 1 == len([lease for lease in leases if lease])


def test_a_lease_that_is_held_is_not_given_away(store: Store) -> None:
    """Not even when the lane's time seems to have come."""
    here = OneLane(store)
    here.accept()
    here.lease()
    here.bring_forward()

    assert store.lanes.lease(here.lane) is None


def test_a_held_lane_comes_back_when_its_lease_ends(store: Store) -> None:
    """From the moment of the lease somebody is due at its end, whatever dies meanwhile."""
    here = OneLane(store)
    here.accept()

    here.lease()
    look = here.next_look()

    assert look is not None
    assert here.now() < look <= here.now() + LEASE * 1000


def test_a_claim_renews_the_lease(store: Store) -> None:
    """A turn that works is not taken for a dead one."""
    here = OneLane(store)
    lease = here.lease()
    store.redis.hset(keys.lane_of(here.lane), "lease_until", here.now() + 5000)
    store.redis.zadd(keys.attention(here.lane.shard), {here.lane.name: here.now() + 5000})

    store.lanes.claim(lease, 0)
    renewed = here.redis.hget(keys.lane_of(here.lane), "lease_until"), here.next_look()

    assert [True, True] == [int(each or 0) > here.now() + LEASE * 1000 - 5000 for each in renewed]


def test_a_dead_turns_lane_is_found_and_leased(store: Store) -> None:
    """When the lease has run out, the next one who looks finds the lane, and gets it."""
    here = OneLane(store)
    here.accept()
    here.lease()

    here.die()

    assert [here.lane] == store.lanes.whose_time_has_come(10)
    assert here.lease() is not None


def test_what_a_dead_turn_left_in_flight_is_handed_to_the_next(store: Store) -> None:
    """With token and number, so that its end can be written; it is not claimed anew."""
    here = OneLane(store)
    here.accept(2)
    _, left = here.claim()
    here.die()

    lease, again = here.claim()

    handed_on = sorted((each.id, each.token, each.number) for each in lease.left_in_flight)
    assert [(each.id, each.token, each.number) for each in left] == handed_on
    assert () == again


def test_what_was_left_in_flight_is_handed_out_until_its_end_is_written(store: Store) -> None:
    """A second death changes nothing; an end that was written does."""
    here = OneLane(store)
    here.accept()
    here.claim()
    here.die()
    (left,) = here.lease().left_in_flight
    here.die()

    (once_more,) = here.lease().left_in_flight
    here.settle(left, ended("uncertain", known=False))
    here.die()

    assert (left.id, left.token, left.number) == (once_more.id, once_more.token, once_more.number)
    assert () == here.lease().left_in_flight


def test_every_attempt_is_on_record_when_it_is_handed_out(store: Store) -> None:
    """State, number, start and flight are written before the claim answers."""
    here = OneLane(store)
    (identifier,) = here.accept()

    _, claimed = here.claim_one()
    item = here.item(identifier)

    assert ("sending", "1") == (item["state"], item["attempt"])
    assert 1 == json.loads(item["attempt:1"])["number"]
    assert ([], [identifier]) == (here.due(), here.flight())
    assert (item, claimed.token) == (claimed.item, item["token"])


def test_the_same_claim_begins_nothing_twice(store: Store) -> None:
    """A claim whose answer got lost gives the same attempts when it is asked again."""
    here = OneLane(store)
    here.accept(5)
    lease, first = here.claim(limit=3)

    again = store.lanes.claim_again(lease, 3)

    assert first == again.attempts
    assert [1, 1, 1] == [each.number for each in again.attempts]
    assert 2 == len(here.due())


def test_a_claim_that_never_arrived_is_made_when_it_is_asked_again(store: Store) -> None:
    """The repeat is then the first that Redis sees."""
    here = OneLane(store)
    ids = here.accept(2)
    lease = here.lease()
    lease.claims += 1

    claim = store.lanes.claim_again(lease, 1)

    assert ids[:1] == [each.id for each in claim.attempts]


def test_a_claim_that_arrives_after_a_later_one_begins_nothing(store: Store) -> None:
    """It was held up on its way, and nobody waits for its answer: what it began would be nobody's."""
    lane = OneLane(store)
    lane.accept(3)
    lease = lane.lease()
    late = replace(lease, claims=1)
    lease.claims = 1
    store.lanes.claim(lease, 1)

    begun = store.lanes.claim_again(late, 1).attempts

    assert () == begun
    assert (2, 1) == (len(lane.due()), len(lane.flight()))


def test_nothing_of_a_lane_stays_whose_destination_is_gone(store: Store) -> None:
    """A turn that was under way when all data was lost gives its lane back, and leaves no trace of it."""
    lane = OneLane(store)
    lane.accept(1)
    store.redis.flushall()
    lease = lane.lease()

    store.lanes.release(lease, 5.0)

    assert [] == [key for key in store.redis.scan_iter("relay:*") if b":clock" not in bytes(key)]


def test_the_next_claim_begins_the_next_attempts(store: Store) -> None:
    """Numbers of claims within a lease tell them apart."""
    here = OneLane(store)
    ids = here.accept(3)
    lease, first = here.claim(limit=2)

    second = store.lanes.claim(lease, 2).attempts

    assert (ids[:2], ids[2:]) == ([each.id for each in first], [each.id for each in second])
    assert first[0].token != second[0].token


def test_a_claim_takes_no_more_than_its_limit(store: Store) -> None:
    """And tells that more is due."""
    here = OneLane(store)
    here.accept(3)

    claim = store.lanes.claim(here.lease(), 2)

    assert (2, 1) == (len(claim.attempts), claim.due)


def test_a_claim_of_none_begins_none(store: Store) -> None:
    """It only renews the lease and sees what is due; the claim before it can still be asked again."""
    here = OneLane(store)
    here.accept(1)

    claim = store.lanes.claim(here.lease(), 0)

    assert ((), 1) == (claim.attempts, claim.due)


def test_what_is_not_due_yet_is_not_claimed(store: Store) -> None:
    """Nor is it counted."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0))

    claim = store.lanes.claim(lease, 10)

    assert ((), 0) == (claim.attempts, claim.due)


def test_a_destination_that_pauses_in_the_middle_of_a_turn_is_claimed_no_more(store: Store) -> None:
    """Pausing takes effect at the next claim."""
    here = OneLane(store)
    here.accept(2)
    lease, _ = here.claim(limit=1)
    store.destinations.set_state("here", "paused")

    claim = store.lanes.claim(lease, 10)

    assert ((), 0) == (claim.attempts, claim.due)


def test_a_claim_on_a_lost_lease_is_refused(store: Store) -> None:
    """The turn that was thought dead may begin nothing more."""
    here = OneLane(store)
    here.accept(2)
    lease, _ = here.claim(limit=1)
    here.die()
    here.lease()

    with pytest.raises(LeaseLost):
        store.lanes.claim(lease, 1)

    assert 1 == len(here.due())


def test_giving_back_a_lost_lease_takes_nothing_from_its_new_holder(store: Store) -> None:
    """Only the holder can give it back."""
    here = OneLane(store)
    here.accept()
    old = here.lease()
    here.die()
    new = here.lease()

    store.lanes.release(old)

    assert () == store.lanes.claim(new, 0).attempts
    assert store.lanes.lease(here.lane) is None


def test_twenty_threads_that_claim_and_settle_make_each_attempt_once(store: Store) -> None:
    """However leases change hands, each delivery has one attempt."""
    here = OneLane(store)
    ids = here.accept(60)

    def serve(_: int) -> list[str]:
        lease = store.lanes.lease(here.lane)
        if lease is None:
            return []
        attempts = store.lanes.claim(lease, 3).attempts
        assert all(here.settle(each) for each in attempts)
        store.lanes.release(lease)
        return [each.id for each in attempts]

    with ThreadPoolExecutor(20) as pool:
        made = [identifier for each in pool.map(serve, range(400)) for identifier in each]

    assert len(made) == len(set(made))
    assert sorted(made) == sorted(set(ids) - set(here.due()))
    assert {"1"} == {here.item(identifier)["attempt"] for identifier in made}


def test_the_log_of_attempts_stays_bounded(store: Store) -> None:
    """An item that is retried for ever keeps its last hundred attempts."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease = here.lease()
    for _ in range(105):
        (claimed,) = store.lanes.claim(lease, 1).attempts
        here.settle(claimed, ended("retrying", wait=0.0))

    numbers = [attempt.number for attempt in store.deliveries.get(identifier).attempts]

    assert list(range(6, 106)) == numbers


def test_a_name_without_its_delivery_is_dropped(store: Store) -> None:
    """A hash that expired or was removed by hand does not hold the lane up."""
    here = OneLane(store)
    gone, kept = here.accept(2)
    store.redis.delete(keys.delivery(gone))

    _, claimed = here.claim_one()

    assert (kept, []) == (claimed.id, here.due())


def test_an_attempt_without_its_delivery_is_no_longer_in_flight(store: Store) -> None:
    """Nobody can end it, and nobody is asked to."""
    here = OneLane(store)
    (gone,) = here.accept()
    here.claim()
    here.die()
    store.redis.delete(keys.delivery(gone))

    lease = here.lease()

    assert ((), []) == (lease.left_in_flight, here.flight())


def test_a_lease_is_over_at_its_very_end(clocked: Store, clock: Clock) -> None:
    """The lane is found at that moment, and whoever finds it is to get it."""
    here = OneLane(clocked)
    here.accept()
    here.lease()

    clock.move(LEASE)

    assert [here.lane] == clocked.lanes.whose_time_has_come(1)
    assert clocked.lanes.lease(here.lane) is not None
