"""Redis's clock is set back or forward: nothing waits for longer than it was to wait, but for a tenth."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.model.credential import Rate
from relay.store import Store, keys
from tests.service.store.clock import BEGINNING, Clock
from tests.service.store.one_lane import OneLane, ended

HOUR = 3600.0
RATE = Rate(limit=10, window=60)
BACK = [-2.0, -60.0, -HOUR, -30 * 24 * HOUR]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.floats(0, 30), st.floats(-3600, 3600)), max_size=20))
def test_the_time_goes_on_whatever_the_clock_does(
    clocked: Store, clock: Clock, moves: list[tuple[float, float]]
) -> None:
    """It falls back by five seconds at most; what passes, passes at nine tenths at least; it is never behind the clock."""
    clocked.redis.flushall()
    clock.begin()
    before = clock.shown()
    for passing, step in moves:
        clock.move(step)
        stepped = clock.shown()
        clock.move(passing)
        now = clock.shown()

        assert before - 5000 <= stepped
        assert stepped + passing * 900 - 2 <= now
        assert clock.moment <= now
        before = now


def test_the_time_is_the_clocks_again_ten_times_as_long_after_it_was_set_back(clock: Clock) -> None:
    """And then it stays so."""
    clock.shown()
    clock.move(-HOUR)
    ahead = clock.shown() - clock.moment

    for _ in range(10):
        clock.move(HOUR)
        clock.shown()

    assert HOUR * 1000 == ahead
    assert clock.moment == clock.shown()


def test_each_tag_goes_on_from_its_own_last_moment(clock: Clock) -> None:
    """Keys that were never touched under the later clock know nothing of it."""
    clock.shown("7")

    clock.move(-HOUR)

    assert (BEGINNING, clock.moment) == (clock.shown("7"), clock.shown("8"))


def test_what_a_credential_goes_by_is_forgotten_in_the_end(clocked: Store, clock: Clock) -> None:
    """Later than its budget; a shard's is kept, because what waits there may wait for ever."""
    clock.shown("credential acme")
    clock.shown("7")

    lasts = [clocked.redis.ttl(name) for name in ("relay:{credential acme}:clock", "relay:{7}:clock")]
    assert [8 * 86400, -1] == lasts


@pytest.mark.parametrize("step", BACK)
def test_a_lane_is_served_on_time_after_the_clock_was_set_back(
    clocked: Store, clock: Clock, step: float
) -> None:
    """What waits for its next attempt, and what comes now."""
    here = OneLane(clocked)
    here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=30.0))
    clocked.lanes.release(lease)
    clock.move(step)
    soon = here.accept()
    lease, now = here.claim()
    clocked.lanes.release(lease)

    clock.move(40.0)
    found = clocked.lanes.whose_time_has_come(1)
    _, then = here.claim()

    assert (soon, [here.lane], [claimed.id]) == ([each.id for each in now], found, [each.id for each in then])


@pytest.mark.parametrize("step", BACK)
def test_a_dead_workers_lane_is_found_after_the_clock_was_set_back(
    clocked: Store, clock: Clock, step: float
) -> None:
    """Its lease ends when it would have ended; until then nobody else has the lane."""
    here = OneLane(clocked)
    here.accept()
    _, claimed = here.claim_one()

    clock.move(step)
    early = clocked.lanes.lease(here.lane)
    clock.move(22.0)
    found = clocked.lanes.whose_time_has_come(1)
    lease = here.lease()

    assert (None, [here.lane], [claimed.id]) == (early, found, [each.id for each in lease.left_in_flight])


@pytest.mark.parametrize("step", BACK)
def test_a_rate_window_opens_on_time_after_the_clock_was_set_back(
    clocked: Store, clock: Clock, step: float
) -> None:
    """After a refusal for the rate too."""
    clocked.budget.ask("spent", 10, RATE)
    clocked.budget.block("acme", 60.0)

    clock.move(step)
    closed = [clocked.budget.ask(name, 1, RATE).calls for name in ("spent", "acme")]
    clock.move(72.0)
    opened = [clocked.budget.ask(name, 1, RATE).calls for name in ("spent", "acme")]

    assert ([0, 0], [1, 1]) == (closed, opened)


def test_a_clock_that_is_set_forward_is_like_the_time_that_it_says_has_passed(
    clocked: Store, clock: Clock
) -> None:
    """Waits are over, and a lease as well, whose attempts are found in flight like those of a worker that died."""
    here = OneLane(clocked)
    here.accept()
    _, claimed = here.claim_one()

    clock.move(HOUR)
    lease = here.lease()

    assert [claimed.id] == [each.id for each in lease.left_in_flight]
    assert int(HOUR * 1000) + claimed.begun_at == lease.left_in_flight[0].handed_out_at


def test_workers_that_were_seen_in_the_future_are_dead_until_they_say_otherwise(store: Store) -> None:
    """Those that live say so every few seconds."""
    seconds = int(store.redis.time()[0])
    store.redis.zadd(keys.WORKERS, {"dead": seconds + 3600})

    store.presence.note("alive")

    assert (1, [b"alive"]) == (store.presence.workers(), store.redis.zrange(keys.WORKERS, 0, -1))


def test_a_task_is_taken_up_again_after_the_clock_was_set_back(store: Store) -> None:
    """Its mark would have stayed for as long as the clock was set back."""
    store.redis.set(keys.turn_at("tidying"), 1, ex=3600)

    taken = store.presence.first_in("tidying", 5.0)

    assert not taken
    assert 5 >= store.redis.ttl(keys.turn_at("tidying"))
