"""Retention: the logs name what is kept, and forget what has expired."""

from __future__ import annotations

import time
from typing import Any

import pytest

from relay.model import ids
from relay.model.destination import RetentionSettings
from relay.store import Store, keys, retention
from tests.destinations import a_destination
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
    return {name.decode(): redis.zcard(name) for name in redis.scan_iter("relay:*:log*")}


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
    assert (3, {b"relay:{8}:clock", b"relay:mark"}) == (trimmed, set(store.redis.scan_iter("*")))


def test_what_is_young_is_not_even_looked_at(store: Store) -> None:
    """A name of today cannot have expired, once what its destination says was applied."""
    here = OneLane(store)
    store.retention.trim()
    expire(store, settled(here, 2))
    names: Any = keys.log(here.lane.shard, "here", "delivered")

    trimmed = store.retention.trim()

    assert (0, 2) == (trimmed, store.redis.zcard(names))


def days_left(store: Store, name: str) -> int:
    """Give the days, as far as they are full, for which something is kept."""
    return round(store.redis.ttl(name) / 86400)


def changed_to(store: Store, **retention: Any) -> None:
    """Change the retention of the destination, and let the next tidying follow."""
    standing = store.destinations.get("here")
    changed = a_destination(retention=RetentionSettings(**retention))
    store.destinations.replace(changed, standing.revision)
    store.retention.trim()


def test_a_destination_keeps_what_it_settles_as_long_as_it_says(store: Store) -> None:
    """Settled by an attempt or by hand; and its callbacks no longer than the deliveries."""
    here = OneLane(store, retention=RetentionSettings(days=3))
    _, claimed = (here.accept(), here.claim_one()[1])
    callback = here.settle_with_callback(claimed, keep=30 * 86400)
    _, told = here.callbacks.claim_one()
    here.callbacks.settle(told, ended(keep=30 * 86400))
    (canceled,) = here.accept()
    store.operations.cancel(canceled)

    kept = [days_left(store, keys.delivery(each)) for each in (claimed.id, canceled)]
    assert ([3, 3], 3) == (kept, days_left(store, keys.callback(callback)))


def test_a_callback_goes_with_its_delivery(store: Store) -> None:
    """It was tried for longer than the delivery was kept, and nobody could see it any more."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed)
    _, told = here.callbacks.claim_one()
    expire(store, [claimed.id])

    here.callbacks.settle(told)

    assert 0 <= store.redis.ttl(keys.callback(callback)) <= 1


def test_a_lowered_retention_reaches_what_was_settled_before(store: Store) -> None:
    """Also by the relay's own setting; a raised one does not: what was promised to go goes."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed, keep=30 * 86400)
    _, told = here.callbacks.claim_one()
    here.callbacks.settle(told, ended(keep=30 * 86400))
    names = [keys.delivery(claimed.id), keys.callback(callback)]
    days = []
    for change in ({"days": 7}, {"days": 20}, {"days": 2}, {}):
        changed_to(store, **change)
        days.append([days_left(store, name) for name in names])
    retention.Retention(store.redis, store.lanes._scripts, 1).trim()
    days.append([days_left(store, name) for name in names])

    assert [[7, 7], [7, 7], [2, 2], [2, 2], [1, 1]] == days


def test_what_waits_stays_however_short_the_retention(store: Store) -> None:
    """A callback that is tried still, and a delivery that waits for a person."""
    here = OneLane(store)
    here.accept(2)
    _, (one, other) = here.claim()
    callback = here.settle_with_callback(one)
    here.settle(other, ended("uncertain", known=False))

    changed_to(store, days=1)

    assert [-1, -1] == [store.redis.ttl(keys.callback(callback)), store.redis.ttl(keys.delivery(other.id))]


def test_all_is_looked_at_once_a_day(store: Store) -> None:
    """What expired earlier than usual goes from the logs then."""
    here = OneLane(store)
    store.retention.trim()
    expire(store, settled(here, 2))
    at_once = store.retention.trim()
    store.redis.hset(keys.retention("here"), "applied_at", 1)

    assert (0, 2) == (at_once, store.retention.trim())


def test_what_a_person_retried_meanwhile_stays(store: Store) -> None:
    """It was settled when tidying read its name, and waits when it comes to the point."""
    here = OneLane(store)
    (identifier,) = here.accept()

    store.operations._scripts.run("retain", keys.delivery(identifier), [here.lane.prefix, identifier, 60])

    assert -1 == store.redis.ttl(keys.delivery(identifier))
