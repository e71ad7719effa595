"""The attention list: each lane whose time has come is found, by one caller, however often somebody gets lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from relay.store import Store, keys
from tests.service.store.one_lane import OneLane


def test_twenty_threads_share_the_lanes_without_a_double(store: Store) -> None:
    """Each lane that is due is given to one caller only, and none is left out."""
    lanes = [OneLane(store, f"d{number}") for number in range(40)]
    for each in lanes:
        each.accept()
        each.bring_forward()

    with ThreadPoolExecutor(20) as pool:
        found = [lane for lanes in pool.map(store.lanes.whose_time_has_come, [2] * 60) for lane in lanes]

    assert sorted(each.lane.name for each in lanes) == sorted(lane.name for lane in found)


def test_one_lane_at_a_time_is_the_one_that_waited_longest(store: Store) -> None:
    """Who can serve one lane is given one; the others stay for those who come next."""
    lanes = [OneLane(store, f"d{number}") for number in range(5)]
    for number, each in enumerate(lanes):
        each.accept()
        store.redis.zadd(keys.attention(each.lane.shard), {each.lane.name: 1000 - number})

    found = [store.lanes.one_whose_time_has_come() for _ in range(6)]

    assert [*(each.lane for each in reversed(lanes)), None] == found


def test_nobody_is_sent_to_a_lane_before_its_time(store: Store) -> None:
    """A lane that was just handed over is not handed to a second one."""
    here = OneLane(store)
    here.accept()

    assert None is store.lanes.one_whose_time_has_come()
    assert [] == store.lanes.whose_time_has_come(10)


def test_a_handover_that_came_to_nothing_expires(store: Store) -> None:
    """Within seconds the lane's time comes again."""
    here = OneLane(store)
    here.accept()
    here.bring_forward()
    store.lanes.whose_time_has_come(10)

    look = here.next_look()

    assert look is not None
    assert here.now() < look <= here.now() + 5000


def test_the_longest_waiting_lanes_of_a_shard_come_first(store: Store) -> None:
    """With little room, nobody is passed over for ever."""
    one = OneLane(store, "d0")
    twins = [name for name in (f"d{n}" for n in range(1, 400)) if keys.shard_of(name) == one.lane.shard][:4]
    lanes = [one, *(OneLane(store, name) for name in twins)]
    for number, each in enumerate(lanes):
        each.accept()
        store.redis.zadd(keys.attention(each.lane.shard), {each.lane.name: 1000 - number})

    found = store.lanes.whose_time_has_come(2)

    assert [lanes[4].lane, lanes[3].lane] == found


def test_a_turn_that_finds_the_lane_taken_leaves_it_attended(store: Store) -> None:
    """Two were asked; the second goes away, and the first one's lease keeps the lane's time."""
    here = OneLane(store)
    here.accept()
    here.lease()
    look = here.next_look()

    second = store.lanes.lease(here.lane)

    assert (None, look) == (second, here.next_look())


def test_whatever_people_do_to_a_paused_lane_nobody_comes(store: Store) -> None:
    """Its settings are changed, and something is taken out of it; the rest waits for the activation."""
    here = OneLane(store)
    canceled, _ = here.accept(2)
    store.destinations.set_state("here", "paused")

    store.operations.cancel(canceled)
    changed = store.destinations.get("here")
    store.destinations.replace(changed.settings, changed.revision)

    assert here.next_look() is None
