"""People's data by the API: what a destination keeps, how that is shown, and that nothing stays beyond its time."""

from __future__ import annotations

from typing import Any

import pytest

from relay.cli.delivery_page import delivery_page
from sandbox import seed
from tests.problems import assert_problem
from tests.rig import Rig, everything_in

ADA = "ada@example.com"


def redis_of(rig: Rig) -> Any:
    """Give the client; its answers have no exact types."""
    return rig.store.redis


def test_without_payloads_a_delivery_is_shown_as_such(rig: Rig) -> None:
    """In the list, whole, and on the command line; its callback told everything before."""
    rig.destination("cancel_scheduled_event", retention={"keep_payload": False})
    (identifier,) = rig.accept({"event_uuid": seed.FUTURE_EVENT, "reason": f"{ADA} cannot come"})
    rig.drain()

    whole = rig.manage("GET", f"/deliveries/{identifier}")
    (listed,) = rig.manage("GET", "/deliveries")["deliveries"]

    assert ("delivered", "dropped", "dropped") == (whole["state"], whole["payload"], listed["payload"])
    assert ([], {}, None, None, None) == tuple(
        whole[name] for name in ("records", "fields", "request", "response", "reason")
    )
    assert [("delivered", "dropped", None)] == [
        (each["state"], each["payload"], each["body"]) for each in whole["callbacks"]
    ]
    assert [201] == [each["status"] for each in whole["attempts"]]
    assert any("payload: dropped once it was settled" in line for line in delivery_page(whole))
    assert f"{ADA} cannot come" == rig.told()[0]["data"]["records"][0]["reason"]
    assert ADA not in everything_in(rig.store.redis)


def test_without_its_payload_nothing_is_sent_again(rig: Rig) -> None:
    """The refusal says why."""
    rig.destination("cancel_scheduled_event", retention={"keep_payload": False})
    (identifier,) = rig.accept({"event_uuid": "NOSUCHEVENT00001"})
    rig.drain()

    for path in ("retry", "callback/retry"):
        answer = rig.client.post(f"/api/v1/deliveries/{identifier}/{path}", headers=rig.admin)
        problem = assert_problem(answer, 409, "conflict")
        assert "Its payload was dropped" in problem["detail"]
    replayed = rig.manage("POST", "/destinations/here/replay", {"state": "dead", "dry_run": True})
    assert (1, 1) == (replayed["matching"], replayed["skipped"])


@pytest.mark.parametrize(
    ("retention", "pointer"),
    [
        ({"days": 0}, "#/retention/days"),
        ({"days": 3651}, "#/retention/days"),
        ({"days": "7"}, "#/retention/days"),
        ({"keep_payload": "no"}, "#/retention/keep_payload"),
        ({"payload": False}, "#/retention/payload"),
        (7, "#/retention"),
    ],
)
def test_a_wrong_retention_is_refused(rig: Rig, retention: Any, pointer: str) -> None:
    """With a pointer at it."""
    rig.destination("cancel_scheduled_event")
    answer = rig.client.patch("/api/v1/destinations/here", json={"retention": retention}, headers=rig.admin)

    assert_problem(answer, 422, "invalid", pointer)


def test_null_takes_the_retention_back(rig: Rig) -> None:
    """To what the relay does."""
    made = rig.destination("cancel_scheduled_event", retention={"days": 7, "keep_payload": False})
    changed = rig.manage("PATCH", "/destinations/here", {"retention": {"days": None}})
    reset = rig.manage("PATCH", "/destinations/here", {"retention": None})

    assert {"days": 7, "keep_payload": False} == made["retention"]
    assert {"days": None, "keep_payload": False} == changed["retention"]
    assert {"days": None, "keep_payload": True} == reset["retention"]


@pytest.mark.parametrize("keep_payload", [True, False])
def test_when_its_time_is_over_nothing_of_anybody_is_left(rig: Rig, keep_payload: bool) -> None:
    """Of deliveries of every end, batches and their parts, callbacks, tests, answers kept for repeats, and logs."""
    retention = {"days": 1, "keep_payload": keep_payload}
    rig.destination(
        "cancel_scheduled_event", retention=retention, dedupe="reason", delivery={"max_attempts": 2}
    )
    manual = {"method": "POST", "url": "/nobody/{mail}"}
    batch = {"size": 2, "window": 1}
    rig.destination(
        "manual", "sums", manual=manual, batch=batch, retention=retention, callback=None, partial=True
    )
    rig.destination("manual", "gone", manual=manual, retention=retention, activate=False)
    key = {"Idempotency-Key": ADA, "Authorization": "Bearer inbound-key-for-tests"}
    rig.client.post("/in/here", json={"event_uuid": seed.FUTURE_EVENT, "reason": ADA}, headers=key)
    rig.accept({"event_uuid": "NOSUCHEVENT00001", "reason": f"for {ADA}"})
    rig.accept([{"mail": ADA, "n": n} for n in range(2)], "sums")
    rig.accept({"mail": ADA}, "gone")
    rig.manage("DELETE", "/destinations/gone", {"discard": 1})
    rig.drain()
    settled = rig.states()

    redis = redis_of(rig)
    forever = [key for key in redis.scan_iter("*") if redis.ttl(key) == -1 and ADA in str(redis.dump(key))]
    for name in list(redis.scan_iter("*")):
        if redis.ttl(name) > 0:
            redis.delete(name)
    for name in list(redis.scan_iter("relay:*:retention:*")):
        redis.hdel(name, "applied")
    rig.store.retention.trim()

    assert [] == forever
    assert {"delivered", "dead", "canceled"} <= set(settled)
    assert ({}, False) == (rig.states(), ADA in everything_in(redis))
    assert [] == [name for name in redis.scan_iter("relay:*:log*") if redis.exists(name)]
