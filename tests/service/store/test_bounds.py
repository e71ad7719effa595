"""However much waits, each script is short."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from relay.store import Store, keys
from tests.service.store.one_lane import OneLane, ended

WAITING = 100_000
LONG = 0.25  # seconds; while a script runs, Redis answers nobody else


def shortest(what: Callable[[], Any]) -> float:
    """Give the seconds that something takes at best: a busy machine makes it slower, nothing makes it faster."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        what()
        took.append(time.perf_counter() - began)
    return min(took)


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

    took = shortest(turn), shortest(people), shortest(lambda: here.accept(1))
    began = time.perf_counter()
    store.destinations.delete("here", WAITING + 6)

    assert [True] * 4 == [each < LONG for each in (*took, time.perf_counter() - began)]
