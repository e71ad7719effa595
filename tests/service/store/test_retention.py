"""Retention: the logs name what is kept, and forget what has expired."""

from __future__ import annotations

import time
from typing import Any

import pytest

from relay.model import ids
from relay.store import Store, keys, retention
from tests.service.store.one_lane import OneLane, ended

LONG_AGO = 40 * 86400  # seconds; longer than anything settled is kept


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ids be made as if it were weeks ago."""

    class Then:
        @staticmethod
        def time_ns() -> int:
            return time.time_ns() - LONG_AGO * 10**9

    monkeypatch.setattr(ids, "time", Then)


def settled(here: OneLane, number: int, state: str = "delivered") -> list[str]:
    """Give deliveries that are over."""
    made = here.accept(number)
    lease, attempts = here.claim(limit=number)
    for claimed in attempts:
        here.settle(claimed, ended(state))
    here.store.lanes.release(lease)
    return made


def expire(store: Store, names: list[str]) -> None:
    """Let these deliveries' time be over."""
    store.redis.delete(*[keys.delivery(name) for name in names])


def logs(store: Store) -> dict[str, int]:
    """Count the names in every log there is."""
    redis: Any = store.redis
    return {name.decode(): redis.zcard(name) for name in redis.keys("relay:*:log*")}


@pytest.mark.parametrize("state", ["delivered", "dead"])
@pytest.mark.usefixtures("long_ago")
def test_what_expired_goes_from_every_log(store: Store, state: str) -> None:
    """The destination's and the shard's, of all states and of its own."""
    here = OneLane(store)
    expire(store, settled(here, 3, state))

    trimmed = store.retention.trim()

    assert (3, {}) == (trimmed, logs(store))


@pytest.mark.usefixtures("long_ago")
def test_what_is_still_kept_stays_on_the_logs(store: Store) -> None:
    """It was accepted long ago and settled lately, or it waits still."""
    here = OneLane(store)
    kept = [*settled(here, 2), *settled(here, 1, "uncertain"), *here.accept(2)]
    before = logs(store)

    trimmed = store.retention.trim()

    assert (0, before) == (trimmed, logs(store))
    assert 5 == len(kept)


@pytest.mark.usefixtures("long_ago")
def test_old_ones_that_are_kept_do_not_hide_what_expired_after_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many were retried or held for long, one pass reaches all that expired."""
    monkeypatch.setattr(retention, "AT_A_TIME", 4)
    here = OneLane(store)
    settled(here, 10)
    expire(store, settled(here, 10))

    trimmed = store.retention.trim()

    assert (10, 10) == (trimmed, store.redis.zcard(keys.log(here.lane.shard, "here", "delivered")))


@pytest.mark.usefixtures("long_ago")
def test_the_logs_of_a_deleted_destination_are_trimmed_too(store: Store) -> None:
    """Its settled deliveries stay for their time; then nothing of it is left."""
    here = OneLane(store)
    gone = settled(here, 3)
    store.destinations.delete("here")
    kept = store.retention.trim(), len(logs(store))

    expire(store, gone)
    trimmed = store.retention.trim()

    assert (0, 4) == kept
    assert (3, []) == (trimmed, store.redis.keys("*"))


def test_what_is_young_is_not_even_looked_at(store: Store) -> None:
    """A name of today cannot have expired: its delivery may be on its way into Redis."""
    here = OneLane(store)
    expire(store, settled(here, 2))
    names: Any = keys.log(here.lane.shard, "here", "delivered")

    trimmed = store.retention.trim()

    assert (0, 2) == (trimmed, store.redis.zcard(names))
