"""A Redis that comes back empty: nobody is told that a destination does not exist when only the store has forgotten it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from structlog.testing import capture_logs

from relay.store import Store, keys, mark
from relay.store.lookout import Lookout
from tests.destinations import a_destination as settings_of
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

Answer = Callable[[], dict[str, Any]]


@pytest.fixture
def redis(store: Store) -> Redis:
    """The store's own client."""
    return store.redis


@pytest.fixture
def web(settings: Any, store: Store) -> OverHttp:
    """A relay with one worker and one destination, which has seen that it is there."""
    web = OverHttp(settings, store)
    keep_credential(store)
    assert 201 == web.api("POST", "/destinations", a_destination()).status_code
    store.presence.note("worker-1")
    assert 200 == web.client.get("/readyz").status_code
    return web


def lost(web: OverHttp, destination: str = "booking-links") -> str:
    """Post to a destination; assert that the sender is told to come again, and give the reason."""
    detail: str = assert_problem(web.post(destination, SCHEDULING_RECORD), 503, "store_lost")["detail"]
    return detail


def test_a_relay_that_was_never_set_up_sends_nobody_away(settings: Any, store: Store) -> None:
    """It may be one whose store was lost before its processes began; and it can do its work as soon as it has some."""
    web = OverHttp(settings, store)
    store.presence.note("worker-1")

    assert "nobody has made a credential and a destination yet, or it has lost its data" in lost(web)
    assert 200 == web.client.get("/readyz").status_code


def test_what_is_unknown_to_a_store_that_has_its_data_does_not_exist(web: OverHttp) -> None:
    """Also after its last destination was deleted."""
    assert_problem(web.post("other", SCHEDULING_RECORD), 404, "unknown_destination")
    assert 204 == web.api("DELETE", "/destinations/booking-links").status_code

    assert_problem(web.post("booking-links", SCHEDULING_RECORD), 404, "unknown_destination")


def test_a_store_that_lost_everything_is_known_for_it(web: OverHttp, redis: Redis, store: Store) -> None:
    """Senders are told to keep their records, the platform that nothing can be done, and people why."""
    lookout = Lookout(store)
    lookout.look()
    redis.flushall()
    with capture_logs() as events:
        lookout.look()
        lookout.look()

    assert "has lost its data" in lost(web)
    problem = assert_problem(web.client.get("/readyz"), 503, "not_ready")
    assert "has lost its data" in problem["detail"]
    assert ["store.problem"] == [each["event"] for each in events if each.get("problem") == "lost"]


def test_data_that_is_lost_while_a_request_is_read_sends_nobody_away(
    web: OverHttp, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its destination was there when it began, and is not when its records should be stored."""

    def read(*_: Any) -> bytes:
        redis.flushall()
        return json.dumps(SCHEDULING_RECORD).encode()

    assert 200 == web.api("POST", "/destinations/booking-links/activate", {}).status_code
    monkeypatch.setattr("relay.inbound.routes.read_body", read)

    assert "has lost its data" in lost(web)


def test_a_process_that_served_a_destination_knows_that_there_was_data(
    settings: Any, store: Store, redis: Redis
) -> None:
    """Even if it never looked for the mark; and whatever is set up after that gets its time."""
    keep_credential(store)
    store.destinations.create(settings_of("here"))
    web = OverHttp(settings, store)
    assert 401 == web.post("here", SCHEDULING_RECORD, key="wrong").status_code
    redis.flushall()

    assert "has lost its data: the mark" in lost(web)
    keep_credential(store)
    assert "may still be set up" in lost(web)


def test_data_that_is_restored_makes_good_again(web: OverHttp, redis: Redis) -> None:
    """The mark comes back with it."""
    kept: dict[Any, Any] = {key: redis.dump(key) for key in redis.scan_iter("*")}
    redis.flushall()
    lost(web)
    for key, value in kept.items():
        redis.restore(key, 0, value)

    assert 202 == web.post("booking-links", SCHEDULING_RECORD).status_code
    assert_problem(web.post("other", SCHEDULING_RECORD), 404, "unknown_destination")


def test_a_store_that_is_set_up_anew_gets_time_for_it(
    web: OverHttp, redis: Redis, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its destinations come one by one, and until they are all there nobody is told that one does not exist."""
    redis.flushall()
    keep_credential(store)
    store.presence.note("worker-1")

    assert "may still be set up" in lost(web)
    assert 200 == web.client.get("/readyz").status_code
    assert 201 == web.api("POST", "/destinations", a_destination()).status_code
    key = web.api("GET", "/destinations/booking-links").status_code
    assert (200, 202) == (key, web.post("booking-links", SCHEDULING_RECORD).status_code)
    closed = {"when_inactive": "refuse"}
    assert 200 == web.api("PATCH", "/destinations/booking-links", closed).status_code
    assert "may still be set up" in lost(web)
    monkeypatch.setattr(mark, "SETTING_UP", -1.0)
    assert_problem(web.post("booking-links", SCHEDULING_RECORD), 409, "conflict")
    assert_problem(web.post("other", SCHEDULING_RECORD), 404, "unknown_destination")


def test_a_destination_whose_settings_are_gone_is_not_called_unknown(web: OverHttp, redis: Redis) -> None:
    """A part of a Cluster may be lost alone. Whoever makes it anew and deletes it says that it is not to come back."""
    redis.delete(keys.destination("booking-links"))

    assert "settings of this destination" in lost(web)
    assert 201 == web.api("POST", "/destinations", a_destination()).status_code
    assert 204 == web.api("DELETE", "/destinations/booking-links").status_code
    assert_problem(web.post("booking-links", SCHEDULING_RECORD), 404, "unknown_destination")


def test_a_store_of_an_older_release_gets_its_mark(settings: Any, store: Store, redis: Redis) -> None:
    """It holds settings, so it was not lost."""
    store.destinations.create(settings_of("here"))
    redis.delete(keys.MARK)
    web = OverHttp(settings, store)

    assert_problem(web.post("other", SCHEDULING_RECORD), 404, "unknown_destination")
    assert 1 == redis.exists(keys.MARK)
