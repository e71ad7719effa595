"""Giving a lane away with attempts on their way: others serve it, and nobody takes those attempts for left behind."""

from __future__ import annotations

from relay.store import Store, keys
from relay.store.lanes import LEASE
from tests.service.store.one_lane import OneLane, ended


def given_away(here: OneLane, begun: int = 2, due: int = 3) -> list[str]:
    """Begin some of what waits, and give the lane away; gives the ids of all."""
    ids = here.accept(begun + due)
    lease, _ = here.claim(limit=begun)
    here.lanes.hold(lease)
    here.lanes.release(lease)
    return ids


def test_what_waits_is_served_at_once_and_what_is_held_is_left_alone(store: Store) -> None:
    """The next turn finds the rest due, and nothing left in flight."""
    here = OneLane(store)
    ids = given_away(here)

    found = store.lanes.whose_time_has_come(1)
    lease, claimed = here.claim()

    assert ([here.lane], (), ids[2:]) == (found, lease.left_in_flight, [each.id for each in claimed])


def test_a_lane_with_nothing_but_held_attempts_is_looked_at_when_they_should_have_ended(store: Store) -> None:
    """Not before: nobody runs in circles around calls that somebody else makes. It is the same after another turn."""
    here = OneLane(store)
    given_away(here, due=0)
    looks = [here.next_look()]
    store.lanes.release(here.lease())
    looks.append(here.next_look())
    lease = here.lease()
    store.lanes.release(lease, 60.0)  # for a rate window
    here.bring_forward()
    early = store.lanes.lease(here.lane)
    looks.append(here.next_look())

    assert early is None
    assert [True] * 3 == [0 < (look or 0) - here.now() <= LEASE * 1000 for look in looks]


def test_held_attempts_are_looked_at_in_time_though_the_rest_is_due_later(store: Store) -> None:
    """Their process may have died, and what waits may do so for hours."""
    here = OneLane(store)
    waits = given_away(here, begun=1, due=1)[1]
    here.redis.zadd(keys.due(here.lane), {waits: here.now() + 3_600_000})

    store.lanes.release(here.lease())

    assert 0 < (here.next_look() or 0) - here.now() <= LEASE * 1000


def test_held_attempts_whose_process_died_are_found(store: Store) -> None:
    """Once nobody says any more that they are in good hands."""
    here = OneLane(store)
    ids = given_away(here, due=0)
    for each in ids:
        here.redis.zadd(keys.flight(here.lane), {each: here.now() - 1})

    left = here.lease().left_in_flight

    assert ids == [each.id for each in left]


def test_an_end_is_written_whoever_has_the_lane_by_then(store: Store) -> None:
    """The fence is the attempt's own."""
    here = OneLane(store)
    here.accept(2)
    lease, (mine,) = here.claim(limit=1)
    store.lanes.hold(lease)
    store.lanes.release(lease)
    _, (theirs,) = here.claim()
    store.lanes.hold(lease)  # once more, while the other turn goes on

    written = [here.settle(each, ended()) for each in (mine, theirs)]

    assert ([True, True], []) == (written, here.flight())


def test_only_ones_own_attempts_are_held(store: Store) -> None:
    """If the next holder of the lane dies, its attempts are found at once."""
    here = OneLane(store)
    here.accept(2)
    mine, _ = here.claim(limit=1)
    store.lanes.hold(mine)
    store.lanes.release(mine)
    _, (theirs,) = here.claim()
    store.lanes.hold(mine)
    here.die()

    left = here.lease().left_in_flight

    assert [theirs.id] == [each.id for each in left]


def test_strict_order_waits_for_what_is_held(store: Store) -> None:
    """It became strict with calls on their way: nothing begins before they have ended, and nobody runs in circles."""
    here = OneLane(store)
    given_away(here)
    here.redis.hset(keys.destination("here"), "strict", 1)

    lease, claimed = here.claim()
    store.lanes.release(lease)

    assert () == claimed
    assert [] == store.lanes.whose_time_has_come(1)
