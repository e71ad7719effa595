"""The lock of a renewal, the count of token calls, and connections that are used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from relay.store import Store, open_store
from relay.store.grants import TOKEN_CALLS, Begun, Connection
from tests.conftest import MakeSettings
from tests.over_http import keep_credential
from tests.waiting import until

LONG = 60.0


def noted(store: Store) -> dict[bytes, bytes]:
    """Give what is noted of the renewals of credential acme."""
    redis: Any = store.redis
    found: dict[bytes, bytes] = redis.hgetall("relay:{credential acme}:renewal")
    return found


def test_one_of_many_takes_the_lock(store: Store) -> None:
    """The others learn for how long it may be held."""
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda n: store.renewals.lock("acme", f"holder {n}", LONG), range(20)))

    assert 1 == answers.count(0)
    assert all(0 <= each <= LONG for each in answers)
    assert 0 == store.renewals.lock("globex", "another", LONG)


def test_a_lock_runs_out(store: Store) -> None:
    """So that a process that died keeps nobody from renewing; who lost it begins nothing, and ends nothing."""
    store.renewals.lock("acme", "first", 0.05)
    until(lambda: store.renewals.lock("acme", "second", LONG) == 0)

    begun = store.renewals.begin("acme", "first", "g")
    store.renewals.end("acme", "first", "over")

    assert Begun(lost=True) == begun
    assert store.renewals.lock("acme", "third", LONG) > 0


def test_a_lock_that_ran_out_begins_nothing_although_nobody_took_it(store: Store) -> None:
    """The process may have been stopped for long."""
    store.renewals.lock("acme", "first", 0.01)

    begun = until(lambda: lost(store))

    assert Begun(lost=True) == begun


def lost(store: Store) -> Begun | None:
    """Give what the first one is told once it has lost its lock."""
    begun = store.renewals.begin("acme", "first", "g")
    return begun if begun.lost else None


def test_the_ninth_token_call_in_a_minute_waits(store: Store) -> None:
    """For as long as the first one counts; calls with and without the lock are counted together."""
    store.renewals.lock("acme", "first", LONG)
    for _ in range(TOKEN_CALLS - 1):
        assert store.renewals.count_call("acme") == 0
    allowed = store.renewals.begin("acme", "first", "g")

    waits = [store.renewals.begin("acme", "first", "g").wait, store.renewals.count_call("acme")]

    assert 0 == allowed.wait
    assert all(50 < wait <= 60 for wait in waits)
    assert 0 == store.renewals.count_call("globex")


def test_calls_of_a_minute_ago_no_longer_count(store: Store) -> None:
    """The window slides."""
    redis: Any = store.redis
    now = redis.time()[0] * 1000
    redis.hset("relay:{credential acme}:renewal", "calls", " ".join([str(now - 60_500)] * TOKEN_CALLS))

    assert 0 == store.renewals.count_call("acme")
    assert 1 == len(noted(store)[b"calls"].split())


def test_many_at_once_are_counted_one_by_one(store: Store) -> None:
    """Exactly eight pass."""
    with ThreadPoolExecutor(20) as threads:
        waits = list(threads.map(lambda _: store.renewals.count_call("acme"), range(20)))

    assert TOKEN_CALLS == waits.count(0)


def test_a_renewal_that_nobody_ended_is_remembered(store: Store) -> None:
    """Until one of the same grant is over; a later one that fails in a known way does not hide it."""
    store.renewals.lock("acme", "died", LONG)
    first = store.renewals.begin("acme", "died", "g")
    store.renewals.end("acme", "died", "none")
    store.renewals.lock("acme", "next", LONG)
    second = store.renewals.begin("acme", "next", "g")
    store.renewals.end("acme", "next", "unknown", 0)
    store.renewals.lock("acme", "last", LONG)
    third = store.renewals.begin("acme", "last", "g")
    store.renewals.end("acme", "last", "over")
    store.renewals.lock("acme", "then", LONG)

    assert (0.0, 0) == (first.unsettled, first.failed)
    assert 0 < second.unsettled == third.unsettled
    assert (0, 1) == (second.failed, third.failed)
    assert Begun() == store.renewals.begin("acme", "then", "g")


def test_a_renewal_of_another_grant_starts_anew(store: Store) -> None:
    """What was noted of the old one is nothing to it."""
    store.renewals.lock("acme", "first", LONG)
    store.renewals.begin("acme", "first", "old")
    store.renewals.end("acme", "first", "failed", 100.0)
    store.renewals.lock("acme", "first", LONG)

    assert Begun() == store.renewals.begin("acme", "first", "new")


def test_after_a_failure_nobody_begins_for_a_while(store: Store) -> None:
    """A connection is no renewal, and goes on."""
    store.renewals.lock("acme", "first", LONG)
    store.renewals.begin("acme", "first", "g")
    store.renewals.end("acme", "first", "failed", 100.0)
    store.renewals.lock("acme", "second", LONG)

    begun = store.renewals.begin("acme", "second", "g")

    assert 90 < begun.wait <= 100
    assert 0 == store.renewals.count_call("acme")


def test_a_deleted_credential_leaves_nothing_behind(store: Store) -> None:
    """One that is made anew under its id begins anew."""
    keep_credential(store)
    store.renewals.count_call("acme")

    store.credentials.delete("acme")

    assert {} == noted(store)


def test_a_state_is_taken_once_by_one(store: Store) -> None:
    """Of twenty requests with it, one finds the connection."""
    connection = Connection("acme", "a-verifier")
    store.connections.remember("a-state", connection)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _: store.connections.take("a-state"), range(20)))

    assert (1, 19) == (found.count(connection), found.count("used"))
    assert None is store.connections.take("another")


def test_neither_state_nor_verifier_lie_in_redis_in_clear(store: Store, make_settings: MakeSettings) -> None:
    """A look at Redis connects nobody."""
    store.connections.remember("a-state", Connection("acme", "a-verifier"))
    redis: Any = open_store(make_settings()).redis
    (key,) = redis.scan_iter("relay:connecting:*")

    told = f"{key} {redis.get(key)}"

    assert "acme" in told
    assert "a-state" not in told
    assert "a-verifier" not in told
    redis.close()
