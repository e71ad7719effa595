"""What a callback says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from relay.callbacks import AttemptTold, Told, encode, make_payload

MOMENT = datetime(2026, 11, 22, 16, 0, 0, 123456, tzinfo=UTC)
REQUEST = {
    "method": "POST",
    "url": "https://api.calendly.com/scheduling_links",
    "body": {"max_event_count": 1},
}
RESPONSE = {"status": 201, "headers": {}, "body": {"resource": {"booking_url": "https://calendly.com/d/x"}}}


def told(**changed: Any) -> Told:
    """Give what a callback tells of, as usual but for `changed`."""
    usual: dict[str, Any] = {
        "type": "delivery.delivered",
        "delivery": "dlv_1",
        "destination": "send-booking-link",
        "template": "create_scheduling_link",
        "attempts": 1,
        "records": [{"owner": "x", "crm_id": 7}],
        "request": REQUEST,
        "response": RESPONSE,
    }
    return Told(**{**usual, **changed})


def test_a_success_in_full() -> None:
    """All of it, in the order that the documentation shows."""
    payload = make_payload(told(), MOMENT)

    assert {
        "type": "delivery.delivered",
        "timestamp": "2026-11-22T16:00:00.123Z",
        "data": {
            "delivery": "dlv_1",
            "destination": "send-booking-link",
            "template": "create_scheduling_link",
            "attempts": 1,
            "records": [{"owner": "x", "crm_id": 7}],
            "request": REQUEST,
            "response": RESPONSE,
            "error": None,
        },
    } == payload
    assert ["type", "timestamp", "data"] == list(payload)


def test_a_failure_says_why() -> None:
    """With the last verdict's name, and without a response where none came."""
    payload = make_payload(
        told(type="delivery.uncertain", response=None, error=("unknown", "no answer within 30 seconds")),
        MOMENT,
    )

    assert {"verdict": "unknown", "message": "no answer within 30 seconds"} == payload["data"]["error"]
    assert payload["data"]["response"] is None


def test_a_success_that_was_none_of_ours_says_so() -> None:
    """A note is there only when there is something to note."""
    payload = make_payload(told(note="The event had been canceled before."), MOMENT)

    assert "The event had been canceled before." == payload["data"]["note"]
    assert "note" not in make_payload(told(), MOMENT)["data"]


def test_an_attempt_says_what_was_decided_and_when_the_next_is_due() -> None:
    """Its number, its verdict, and the moment in the same form as every other."""
    due = datetime(2026, 11, 22, 16, 0, 5, tzinfo=UTC)
    attempt = AttemptTold(number=2, verdict="busy", decision="next attempt in 5.0 s", next_attempt_at=due)

    payload = make_payload(told(type="delivery.attempted", attempt=attempt), MOMENT)

    assert {
        "number": 2,
        "verdict": "busy",
        "decision": "next attempt in 5.0 s",
        "next_attempt_at": "2026-11-22T16:00:05.000Z",
    } == payload["data"]["attempt"]
    assert "attempt" not in make_payload(told(), MOMENT)["data"]


def test_an_attempt_that_none_follows_by_itself_names_no_moment() -> None:
    """What is held waits for a person."""
    attempt = AttemptTold(number=1, verdict="unauthorized", decision="held")

    payload = make_payload(told(type="delivery.attempted", attempt=attempt), MOMENT)

    assert payload["data"]["attempt"]["next_attempt_at"] is None


def test_a_sample_is_marked() -> None:
    """And nothing else is."""
    assert True is make_payload(told(test=True), MOMENT)["data"]["test"]
    assert "test" not in make_payload(told(), MOMENT)["data"]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 16, tzinfo=UTC), "2026-11-22T16:00:00.000Z"),
        (datetime(2026, 11, 22, 18, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T16:00:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(moment: datetime, text: str) -> None:
    """Always the same shape, whatever the zone of the moment."""
    assert text == make_payload(told(), moment)["timestamp"]


def test_the_bytes_are_plain_ascii_json() -> None:
    """So that nobody's idea of an encoding changes what was signed."""
    payload = make_payload(told(records=[{"name": "Zoë \U0001f600 \ud800"}]), MOMENT)

    body = encode(payload)

    assert body.isascii()
    assert payload == json.loads(body)
