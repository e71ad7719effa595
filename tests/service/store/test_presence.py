"""Presence: readiness knows whether a worker lives."""

from __future__ import annotations

from relay.store import Store, keys


def test_workers_are_counted_while_they_say_so(store: Store) -> None:
    """Each once, however often it says so."""
    for name in ("a", "b", "a"):
        store.presence.note(name)

    assert 2 == store.presence.workers()


def test_a_worker_that_leaves_counts_no_more(store: Store) -> None:
    """At once."""
    store.presence.note("a")

    store.presence.leave("a")

    assert 0 == store.presence.workers()


def test_a_worker_that_fell_silent_counts_no_more_and_is_forgotten(store: Store) -> None:
    """Names of workers that died do not pile up."""
    store.presence.note("dead")
    store.redis.zadd(keys.WORKERS, {"dead": 1})
    silent = store.presence.workers()

    store.presence.note("alive")

    assert (0, [b"alive"]) == (silent, store.redis.zrange(keys.WORKERS, 0, -1))
