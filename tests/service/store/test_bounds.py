"""However much waits, each script is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay.store import Store, keys
from relay.store.connection import each_server
from tests.service.store.one_lane import OneLane, ended

WAITING = 100_000
LONG = 0.005  # seconds of Redis's own work: less than one thousandth is usual, and to read all that waits takes twenty


def work_for(store: Store, what: Callable[[], Any]) -> float:
    """Give the seconds that the thread which runs all scripts was at work for something, whatever else the machine did."""

    def worked() -> float:
        told: list[Any] = [server.info("cpu") for server in each_server(store.redis)]
        return sum(float(each[f"used_cpu_{kind}_main_thread"]) for each in told for kind in ("user", "sys"))

    before = worked()
    what()
    return worked() - before


def least_work_for(store: Store, what: Callable[[], Any]) -> float:
    """Give what something takes at best: a cold cache makes it slower, nothing makes it faster."""
    return min(work_for(store, what) for _ in range(5))


def test_no_script_takes_longer_because_a_hundred_thousand_wait(store: Store) -> None:
    """Neither those of a turn nor those of people, and not even a deletion with all that waits."""
    here = OneLane(store)
    for first in range(0, WAITING, 10_000):
        here.redis.zadd(keys.due(here.lane), {f"dlv_{n}": n + 1 for n in range(first, first + 10_000)})
    (mine,) = here.accept()
    here.redis.zadd(keys.due(here.lane), {mine: 0})

    def turn() -> None:
        lease = here.lease()
        attempts = store.lanes.claim(lease, 1).attempts
        for claimed in attempts:
            here.settle(claimed, ended("retrying", wait=0.0))
            here.redis.zadd(keys.due(here.lane), {mine: 0})
        store.lanes.release(lease)

    def people() -> None:
        store.destinations.set_state("here", "paused")
        store.destinations.set_state("here", "active")
        store.operations.cancel(mine)
        store.operations.retry(mine)
        here.redis.zadd(keys.due(here.lane), {mine: 0})

    took = [least_work_for(store, each) for each in (turn, people, lambda: here.accept(1))]
    took.append(work_for(store, lambda: store.destinations.delete("here", WAITING + 6)))

    assert [True] * 4 == [each < LONG for each in took], took
