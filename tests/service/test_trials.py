"""Test sends: one call now, on record, marked as a test, and without a trace in the lane of the destination."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.store import Lane, Wanted, keys
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.recorder import Recorder
from tests.rig import Rig, everything_in
from tests.waiting import until

Both = tuple[Rig, Recorder]
EVENT, OTHER = "EVENT00000000001", "EVENT00000000002"


@contextmanager
def a_worker(rig: Rig) -> Iterator[None]:
    """Let a worker be there, and serve lanes, until the end."""
    rig.store.presence.note("rig")
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            rig.forget_who_was_asked()
            rig.turn()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)


def ask(rig: Rig, **body: Any) -> TestResponse:
    """Ask for a test send."""
    return rig.client.post("/api/v1/destinations/here/test", json=body, headers=rig.admin)


def outcome(rig: Rig, **body: Any) -> Any:
    """Give what a test send came to."""
    with a_worker(rig):
        answer = ask(rig, **body)
    assert answer.status_code in {200, 202}, answer.get_data(as_text=True)
    return answer.get_json()


@pytest.mark.parametrize("state", ["draft", "active", "paused"])
def test_a_test_goes_out_whatever_state_its_destination_is_in(rig_and_recorder: Both, state: str) -> None:
    """It shows what Calendly answered, and how long that took; the log has it, marked as a test."""
    rig, recorder = rig_and_recorder
    rig.destination("create_scheduling_link", activate=state != "draft", headers={"X-Team": "a"})
    if state == "paused":
        rig.manage("POST", "/destinations/here/pause")

    shown = outcome(rig, record=GOOD_RECORDS["create_scheduling_link"])

    (arrived,) = recorder.requests
    assert ("delivered", True, 1) == (shown["state"], shown["test"], len(shown["attempts"]))
    assert 201 == shown["response"]["status"]
    assert {"resource": {}} == shown["response"]["body"]
    assert "content-type" in shown["response"]["headers"]
    assert 0 <= shown["seconds"] < 5
    assert (shown["request"]["body"], "a") == (json.loads(arrived.body), arrived.headers["X-Team"])
    (listed,) = rig.manage("GET", "/deliveries?destination=here")["deliveries"]
    assert (shown["id"], True) == (listed["id"], listed["test"])
    assert state == rig.manage("GET", "/destinations/here")["state"]


def test_a_test_is_the_call_of_the_preview(rig_and_recorder: Both) -> None:
    """With mapping, exclusion and batch as for records that come in."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "manual",
        manual={"method": "PATCH", "url": "/x/{id}"},
        mapping={"name": "title"},
        exclude=["title", "id"],
        batch={"wrap": "records"},
    )
    record = {"id": 7, "title": "T", "more": 1.5}
    (call,) = rig.manage("POST", "/destinations/here/preview", {"records": [record]})["calls"]

    shown = outcome(rig, record=record)

    assert [call["content"]] == [each.body.decode() for each in recorder.requests]
    assert (call["method"], call["url"]) == (shown["request"]["method"], shown["request"]["url"])
    assert [record] == shown["records"]


@pytest.mark.parametrize(
    ("template", "settings", "body", "target", "sent"),
    [
        (
            "cancel_scheduled_event",
            {"mapping": {"event_uuid": "nothing"}},
            {"path": {"event_uuid": EVENT}, "body": {"reason": "edited"}},
            f"/scheduled_events/{EVENT}/cancellation",
            {"reason": "edited"},
        ),
        (
            "cancel_scheduled_event",
            {},
            {"path": {"event_uuid": EVENT}},
            f"/scheduled_events/{EVENT}/cancellation",
            {},
        ),
        (
            "manual",
            {
                "manual": {"method": "POST", "url": "/x/{a.b}?y={y}"},
                "exclude": ["n"],
                "batch": {"wrap": "all"},
            },
            {"path": {"a": {"b": "1/2"}, "y": True}, "body": {"n": [1, None]}},
            "/x/1%2F2?y=true",
            {"n": [1, None]},
        ),
        ("manual", {"manual": {"method": "POST", "url": "/x"}}, {"body": [1, "two"]}, "/x", [1, "two"]),
        ("manual", {"manual": {"method": "GET", "url": "/x"}}, {"path": {}}, "/x", None),
        ("manual", {"manual": {"method": "DELETE", "url": "/x"}}, {"path": {}, "body": {"a": 1}}, "/x", None),
    ],
)
def test_an_edited_call_is_sent_as_it_was_edited(
    rig_and_recorder: Both,
    template: str,
    settings: dict[str, Any],
    body: dict[str, Any],
    target: str,
    sent: Any,
) -> None:
    """Mappings, exclusions and batches are for records; this is the call itself."""
    rig, recorder = rig_and_recorder
    rig.destination(template, activate=False, **settings)

    shown = outcome(rig, **body)

    assert "delivered" == shown["state"]
    assert [(target, sent)] == [(each.target, json.loads(each.body or b"null")) for each in recorder.requests]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/record"),
        ({"record": {"event_uuid": EVENT, "go": 1}, "body": {}}, "#/record"),
        ({"record": 3}, "#/record"),
        ({"record": [{}]}, "#/record"),
        ({"record": {"event_uuid": 3, "go": 1}}, "#/record/event_uuid"),
        ({"record": {"event_uuid": EVENT}}, "#/record"),
        ({"path": {"event_uuid": 3}}, "#/path/event_uuid"),
        ({"path": {}}, "#/path/event_uuid"),
        ({"path": {"event_uuid": EVENT}, "body": 3}, "#/body"),
        ({"path": {"event_uuid": EVENT}, "body": {"reason": 3}}, "#/body/reason"),
        ({"path": [EVENT]}, "#/path"),
        ({"records": [{}]}, "#/records"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_wrong(
    rig: Rig, body: dict[str, Any], pointer: str
) -> None:
    """And nothing is stored."""
    rig.destination("cancel_scheduled_event", inbound={"auth": {"kind": "bearer"}, "when": "go"})
    rig.store.presence.note("rig")
    before = everything_in(rig.store.redis)

    assert_problem(ask(rig, **body), 422, "invalid", pointer)
    assert before == everything_in(rig.store.redis)


def test_a_missing_placeholder_is_told_where_it_is_missing(rig: Rig) -> None:
    """In the path that was edited, or in the record."""
    rig.destination("manual", manual={"method": "POST", "url": "/x/{a.b}"})
    rig.store.presence.note("rig")

    assert_problem(ask(rig, path={"a": {}}, body={}), 422, "invalid", "#/path/a/b")
    assert_problem(ask(rig, record={"a": {"b": None}}), 422, "invalid", "#/record/a/b")


def test_without_a_worker_nothing_is_begun(rig: Rig) -> None:
    """503, come again later; nothing goes out once a worker is there."""
    rig.destination("create_scheduling_link")

    answer = ask(rig, record=GOOD_RECORDS["create_scheduling_link"])

    assert_problem(answer, 503, "not_ready")
    assert [] == rig.store.deliveries.page(Wanted()).items


@pytest.mark.parametrize("identifier", ["nowhere", "No%20Such%20Thing"])
def test_a_destination_that_does_not_exist_is_not_tested(rig: Rig, identifier: str) -> None:
    """A preview may be of settings that are not saved; a test may not."""
    answer = rig.client.post(
        f"/api/v1/destinations/{identifier}/test", json={"record": {}}, headers=rig.admin
    )

    assert_problem(answer, 404, "unknown_destination")


@pytest.mark.parametrize(
    ("status", "state"),
    [(422, "dead"), (503, "dead"), (429, "dead"), (500, "uncertain"), (401, "dead"), (404, "dead")],
)
def test_a_test_is_tried_once_and_told_to_nobody(rig_and_recorder: Both, status: int, state: str) -> None:
    """Whatever came of it: no repeat, no halves, no callback."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "create_scheduling_link", callback={"url": rig.sandbox.callback_url("here"), "on": "attempt"}
    )
    recorder.statuses += [status]

    shown = outcome(rig, record=GOOD_RECORDS["create_scheduling_link"])
    rig.drain()

    assert (state, 1, status) == (shown["state"], len(recorder.requests), shown["response"]["status"])
    assert ([], []) == (shown["callbacks"], rig.told())
    assert not rig.store.redis.exists(keys.due(Lane("test", "here")))


def test_a_test_cannot_be_retried(rig_and_recorder: Both) -> None:
    """It was one call; another one is another test."""
    rig, recorder = rig_and_recorder
    rig.destination("create_scheduling_link")
    recorder.statuses += [422]
    shown = outcome(rig, record=GOOD_RECORDS["create_scheduling_link"])

    answer = rig.client.post(f"/api/v1/deliveries/{shown['id']}/retry", headers=rig.admin)

    assert_problem(answer, 409, "conflict")


def test_a_worker_that_dies_during_a_test_leaves_it_uncertain(rig_and_recorder: Both) -> None:
    """The call may have arrived; it is not made again, harmless or not."""
    rig, recorder = rig_and_recorder
    rig.destination("cancel_scheduled_event")
    rig.store.presence.note("rig")
    settings = rig.store.destinations.get("here").settings
    identifier = rig.store.new_delivery_id("here")
    rig.store.acceptance.begin_test(settings, identifier, [{"event_uuid": EVENT}], {"event_uuid": EVENT})
    lane = Lane("test", "here")
    lease = rig.store.lanes.lease(lane)
    assert lease
    assert rig.store.lanes.claim(lease, 1).attempts
    rig.store.redis.hset(keys.lane_of(lane), "lease_until", 1)

    rig.drain()

    assert "uncertain" == rig.delivery(identifier).state
    assert [] == recorder.requests


def test_a_test_that_nobody_could_begin_is_taken_back(rig_and_recorder: Both) -> None:
    """The budget is spent, or its token is gone: the person has stopped waiting, so the call must not come later."""
    rig, recorder = rig_and_recorder
    short = replace(rig.settings, call_timeout=-4.5)  # seconds; what is left of the patience is half a second
    rig.client = create_app(short, rig.store).test_client()
    rig.destination("cancel_scheduled_event")
    rig.store.budget.block("acme", 600.0)

    shown = outcome(rig, record={"event_uuid": EVENT})
    rig.store.redis.delete(keys.budget("acme"))
    rig.forget_pauses()
    rig.drain()

    assert ("canceled", []) == (shown["state"], recorder.requests)
    assert "nothing was sent" in shown["reason"]


def test_tests_do_not_disturb_what_waits(rig_and_recorder: Both) -> None:
    """A lane in strict order with a full queue: the test goes at once, the rest stays as it was."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "cancel_scheduled_event",
        callback=None,
        activate=False,
        delivery={"strict_order": True, "max_waiting": 2},
    )
    ids = rig.accept([{"event_uuid": EVENT}, {"event_uuid": OTHER}])
    shown = outcome(rig, record={"event_uuid": "EVENT00000000009"})
    waiting = rig.manage("GET", "/destinations/here")["counts"]["queued"]
    rig.activate("here")
    rig.drain()

    assert ("delivered", 2) == (shown["state"], waiting)
    assert [shown["id"], *ids] == sorted(
        [shown["id"], *ids], key=lambda one: rig.delivery(one).attempts[0].started_at
    )
    assert [EVENT, OTHER] == [each.target.split("/")[2] for each in recorder.requests[1:]]


def test_a_secret_in_a_test_is_seen_by_calendly_alone(rig_and_recorder: Both) -> None:
    """Given in a record or edited: sealed in the store, masked in the answer."""
    rig, recorder = rig_and_recorder
    rig.destination("create_webhook_subscription", mapping={"signing_key": "hook.key"})
    secret = "a-signing-key-that-nobody-should-see"
    record = {**GOOD_RECORDS["create_webhook_subscription"], "hook": {"key": secret}}
    edited = {**GOOD_RECORDS["create_webhook_subscription"], "signing_key": secret}
    edited.pop("crm_id")

    shown = [outcome(rig, record=record), outcome(rig, body=edited)]

    assert [secret, secret] == [json.loads(each.body)["signing_key"] for each in recorder.requests]
    assert secret not in json.dumps(shown)
    assert secret not in everything_in(rig.store.redis)


def test_a_waiting_test_goes_with_its_destination(rig: Rig) -> None:
    """It counts among what waits, and never goes out for one that is made anew."""
    rig.destination("create_scheduling_link")
    settings = rig.store.destinations.get("here").settings
    identifier = rig.store.new_delivery_id("here")
    rig.store.acceptance.begin_test(settings, identifier, [{}], GOOD_RECORDS["create_scheduling_link"])

    rig.store.destinations.delete("here", 1)
    until(lambda: rig.store.discards.finish(1.0))
    rig.destination("create_scheduling_link")
    rig.drain()

    assert "canceled" == rig.delivery(identifier).state
    assert [] == [call for call in rig.sandbox.calls() if call.method == "POST"]
