"""Each request leaves one event in the log, and nothing of what was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relay.config import Settings
from relay.store import Store
from tests.over_http import KEY, SCHEDULING_RECORD, OverHttp, a_destination, keep_credential

ID = "booking-links"
PRIVATE = "ada@example.com"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one destination."""
    web = OverHttp(settings, store)
    keep_credential(store)
    web.api("POST", "/destinations", a_destination())
    return web


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Give what was logged since the last look; nothing private or secret may be in it."""
    told = capsys.readouterr().err
    for hidden in (PRIVATE, KEY, "admin-key", "whsec_"):
        assert hidden not in told
    return [json.loads(line) for line in told.splitlines()]


def test_accepted_records_leave_one_event(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """It says where, how many, how much and how long."""
    events(capsys)
    body = json.dumps([{**SCHEDULING_RECORD, "email": PRIVATE}] * 2)

    answer = web.post(ID, body, headers={"X-Request-Id": "r-1"})

    assert 202 == answer.status_code
    (event,) = events(capsys)
    assert event.pop("ms") >= 0
    assert event.pop("timestamp").endswith("Z")
    assert {
        "level": "info",
        "event": "inbound.accepted",
        "request_id": "r-1",
        "destination": ID,
        "bytes": len(body),
        "records": 2,
        "status": 202,
    } == event


@pytest.mark.parametrize(
    ("destination", "body", "key", "told"),
    [
        (ID, {"owner": PRIVATE}, KEY, {"destination": ID, "records": 1, "status": 422, "problem": "invalid"}),
        (ID, f'{{"{PRIVATE}": 1, "{PRIVATE}": 2}}', KEY, {"status": 400, "problem": "bad_request"}),
        (ID, {}, PRIVATE, {"destination": ID, "status": 401, "problem": "not_authenticated"}),
        ("unknown", {}, KEY, {"destination": "unknown", "status": 404, "problem": "unknown_destination"}),
        (PRIVATE, {}, KEY, {"status": 404, "problem": "unknown_destination"}),
    ],
)
def test_refused_records_leave_one_event(
    web: OverHttp,
    capsys: pytest.CaptureFixture[str],
    destination: str,
    body: Any,
    key: str,
    told: dict[str, Any],
) -> None:
    """It says why, by the problem's code alone."""
    events(capsys)

    web.post(destination, body, key=key)

    (event,) = events(capsys)
    assert "inbound.refused" == event["event"]
    assert told == {name: value for name, value in event.items() if name in told}


def test_queries_are_not_logged(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """A key may stand there."""
    web.api("PATCH", f"/destinations/{ID}", {"inbound": {"auth": {"kind": "query", "key": KEY}}})

    web.client.post(f"/in/{ID}?token={KEY}&who={PRIVATE}", json=SCHEDULING_RECORD)

    assert ["api.changed", "inbound.accepted"] == [event["event"] for event in events(capsys)][-2:]


def test_writes_leave_an_event_and_reads_do_not(web: OverHttp, capsys: pytest.CaptureFixture[str]) -> None:
    """Who changed what can be followed; looking leaves no trace."""
    events(capsys)

    web.api("GET", "/destinations")
    web.api("POST", "/destinations", a_destination(id="second", callback={"url": "https://crm.example/hook"}))
    web.api("PATCH", "/destinations/second", {"name": PRIVATE})
    web.api("PATCH", "/destinations/second", {"nmae": PRIVATE})
    web.api("DELETE", "/destinations/second", key="wrong")

    assert [
        ("api.changed", "destinations.create_destination", "second", 201),
        ("api.changed", "destinations.change_destination", "second", 200),
        ("api.refused", "destinations.change_destination", "second", 422),
        ("api.refused", "destinations.delete_destination", "second", 401),
    ] == [(event["event"], event["action"], event["identifier"], event["status"]) for event in events(capsys)]


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "PUT"])
def test_what_is_no_post_leaves_no_event(
    web: OverHttp, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    """No record was refused."""
    events(capsys)

    web.client.open(f"/in/{ID}", method=method)

    assert [] == events(capsys)
