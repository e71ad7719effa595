"""The log of deliveries over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from relay.config import Settings
from relay.store import Lane, Store
from relay.store.attempts import Ending, NewCallback
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

ID = "booking-links"
HOOK = "https://crm.example/hook"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one active destination."""
    keep_credential(store)
    web = OverHttp(settings, store)
    web.api("POST", "/destinations", a_destination())
    web.api("POST", f"/destinations/{ID}/activate")
    return web


def accept(web: OverHttp, *deals: str, destination: str = ID) -> list[str]:
    """Hand records over and give the ids of their deliveries."""
    answer = web.post(destination, [{**SCHEDULING_RECORD, "deal": deal} for deal in deals])
    return [each["delivery"] for each in answer.get_json()["accepted"]]


def attempt(store: Store, state: str, *, wait: float | None = None, **values: str) -> str:
    """Make an attempt at the next delivery as a worker would, ending in this state; gives the delivery's id."""
    lane = Lane("delivery", ID)
    lease = store.lanes.lease(lane)
    assert lease is not None
    (claimed,) = store.lanes.claim(lease, 1).attempts
    ending = Ending(
        state=state,
        attempt={
            "verdict": "refused",
            "status": 404,
            "reason": "404 Resource Not Found",
            "decision": "settled",
        },
        wait=wait,
        spent=1,
        keep=1000 if wait is None else None,
        callback=NewCallback(id=store.new_callback_id(ID), type=f"delivery.{state}", payload="{}", url=HOOK),
        values={"reason": "404 Resource Not Found", **values},
    )
    assert store.lanes.settle(lane, claimed.id, claimed.token, claimed.number, ending)
    store.lanes.release(lease)
    return claimed.id


def listed(web: OverHttp, **query: Any) -> list[str]:
    """Give the ids of a list's first page."""
    answer = web.api("GET", f"/deliveries?{urlencode(query)}")
    assert 200 == answer.status_code, answer.get_data(as_text=True)
    return [each["id"] for each in answer.get_json()["deliveries"]]


def test_the_newest_deliveries_come_first_without_what_was_sent(web: OverHttp) -> None:
    """A list shows how each fares; the detail shows the records."""
    first, second = accept(web, "A", "B")

    answer = web.api("GET", "/deliveries").get_json()

    assert [second, first] == [each["id"] for each in answer["deliveries"]]
    assert answer["next_cursor"] is None
    assert {
        "id": second,
        "destination": ID,
        "template": "create_scheduling_link",
        "state": "queued",
        "reason": None,
        "attempts": 0,
        "settled_at": None,
        "next_attempt_at": None,
        "callback": None,
    }.items() <= answer["deliveries"][0].items()
    assert not {"records", "fields", "request", "response"} & set(answer["deliveries"][0])


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10])
def test_cursors_lead_through_all_pages(web: OverHttp, limit: int) -> None:
    """Each delivery is seen once, also those of other destinations in between."""
    web.api("POST", "/destinations", a_destination(id="second"))
    ids = [*accept(web, *"ABC"), *accept(web, *"DE", destination="second"), *accept(web, *"FG")]
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        query = urlencode({"limit": limit, **({"cursor": cursor} if cursor else {})})
        page = web.api("GET", f"/deliveries?{query}").get_json()
        assert len(page["deliveries"]) <= limit
        seen += [each["id"] for each in page["deliveries"]]
        cursor = page["next_cursor"]

    assert sorted(ids, reverse=True) == seen


def test_a_list_can_be_narrowed(web: OverHttp, store: Store) -> None:
    """By destination, state, text in a record, and time; filters add up."""
    web.api("POST", "/destinations", a_destination(id="second"))
    a, b = accept(web, "A-1", "B-2")
    (other,) = accept(web, "A-3", destination="second")
    dead = attempt(store, "dead")
    now = datetime.now(UTC)

    assert a == dead
    assert [b, a] == listed(web, destination=ID)
    assert [other] == listed(web, destination="second")
    assert [] == listed(web, destination="third")
    assert [dead] == listed(web, state="dead")
    assert [other, b] == listed(web, state="queued")
    assert [b] == listed(web, state="queued", destination=ID)
    assert [other, a] == listed(web, record="a-")
    assert [] == listed(web, record="a-", until=(now - timedelta(hours=1)).isoformat())
    assert [other, b, a] == listed(
        web, since=(now - timedelta(hours=1)).isoformat(), until=(now + timedelta(hours=1)).isoformat()
    )
    assert [] == listed(web, since=(now + timedelta(hours=1)).isoformat())


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "#/limit"),
        ("limit=201", "#/limit"),
        ("limit=-1", "#/limit"),
        ("limit=many", "#/limit"),
        ("limit=", "#/limit"),
        ("limit=%D9%A3", "#/limit"),
        ("limit=1&limit=2", "#/limit"),
        ("state=lost", "#/state"),
        ("destination=Not+A+Slug", "#/destination"),
        ("since=2026-01-01", "#/since"),
        ("since=2026-01-01T00:00:00", "#/since"),
        ("until=now", "#/until"),
        ("record=", "#/record"),
        ("page=2", "#/page"),
    ],
)
def test_a_wrong_filter_is_refused(web: OverHttp, query: str, pointer: str) -> None:
    """It never passes silently: nobody should believe a list that was not narrowed."""
    assert_problem(web.api("GET", f"/deliveries?{query}"), 422, "invalid", pointer)


@pytest.mark.parametrize("cursor", ["x", "dlv_", "../../etc", "%00", "ü"])
def test_a_cursor_comes_from_a_page(web: OverHttp, cursor: str) -> None:
    """Anything else is refused."""
    assert web.api("GET", f"/deliveries?cursor={cursor}").status_code in {400, 422}


def test_one_delivery_shows_everything(web: OverHttp, store: Store) -> None:
    """Records, fields, attempts, request, response and callbacks, with times in UTC."""
    (identifier,) = accept(web, "A")
    attempt(
        store,
        "dead",
        request='{"method": "POST", "url": "https://api.calendly.com/scheduling_links", "body": {"a": 1}}',
        response='{"status": 404, "headers": {}, "body": "\\ud800"}',
    )

    delivery = web.api("GET", f"/deliveries/{identifier}").get_json()

    assert [{**SCHEDULING_RECORD, "deal": "A"}] == delivery["records"]
    assert SCHEDULING_RECORD["owner"] == delivery["fields"]["owner"]
    assert ("dead", "404 Resource Not Found") == (delivery["state"], delivery["reason"])
    assert ("POST", {"a": 1}) == (delivery["request"]["method"], delivery["request"]["body"])
    assert 404 == delivery["response"]["status"]
    (tried,) = delivery["attempts"]
    assert (1, "refused", 404) == (tried["number"], tried["verdict"], tried["status"])
    (callback,) = delivery["callbacks"]
    assert ("delivery.dead", "queued", HOOK, []) == tuple(
        callback[name] for name in ("type", "state", "url", "attempts")
    )
    for moment in (delivery["accepted_at"], delivery["settled_at"], tried["started_at"], tried["ended_at"]):
        assert datetime.fromisoformat(moment).utcoffset() == timedelta()
        assert moment.endswith("Z")


def test_secrets_that_a_record_carried_are_masked(web: OverHttp, store: Store) -> None:
    """A webhook's signing key is nobody's to read again; the store keeps it sealed for the call."""
    secret = "a-signing-key-of-the-customer"
    record = {
        "url": "https://crm.example/calendly",
        "events": ["invitee.created"],
        "scope": "organization",
        "signing_key": secret,
    }
    web.api("POST", "/destinations", a_destination(id="hooks", template="create_webhook_subscription"))
    answer = web.post("hooks", record)
    assert 202 == answer.status_code, answer.get_data(as_text=True)
    identifier = answer.get_json()["accepted"][0]["delivery"]

    read = web.api("GET", f"/deliveries/{identifier}")

    assert secret not in read.get_data(as_text=True)
    assert ("••••", "••••") == (
        read.get_json()["records"][0]["signing_key"],
        read.get_json()["fields"]["signing_key"],
    )
    assert secret == store.vault.open(store.deliveries.get(identifier).fields["signing_key"])


def test_a_dead_delivery_can_be_retried(web: OverHttp, store: Store) -> None:
    """It is queued again, with its history; a delivery that waits in the queue needs no retry."""
    accept(web, "A")
    identifier = attempt(store, "dead")

    answer = web.api("POST", f"/deliveries/{identifier}/retry")

    assert (200, "queued", 1) == (
        answer.status_code,
        answer.get_json()["state"],
        len(answer.get_json()["attempts"]),
    )
    problem = assert_problem(web.api("POST", f"/deliveries/{identifier}/retry"), 409, "conflict")
    assert "this one is queued" in problem["detail"]


def test_a_waiting_delivery_can_be_canceled(web: OverHttp, store: Store) -> None:
    """In the queue or between attempts; once settled it cannot."""
    queued, retried = accept(web, "A", "B")
    canceled = web.api("POST", f"/deliveries/{queued}/cancel")
    assert (200, "canceled") == (canceled.status_code, canceled.get_json()["state"])

    assert retried == attempt(store, "retrying", wait=1000)
    assert "canceled" == web.api("POST", f"/deliveries/{retried}/cancel").get_json()["state"]

    assert_problem(web.api("POST", f"/deliveries/{retried}/cancel"), 409, "conflict")


def test_a_callback_can_be_sent_again(web: OverHttp, store: Store) -> None:
    """Not while it waits anyway, and not where there is none."""
    (without,) = accept(web, "A")
    assert_problem(web.api("POST", f"/deliveries/{without}/callback/retry"), 404, "unknown_callback")
    identifier = attempt(store, "dead")
    path = f"/deliveries/{identifier}/callback/retry"
    assert_problem(web.api("POST", path), 409, "conflict")

    lane = Lane("callback", ID)
    lease = store.lanes.lease(lane)
    assert lease is not None
    (claimed,) = store.lanes.claim(lease, 1).attempts
    store.lanes.settle(
        lane,
        claimed.id,
        claimed.token,
        claimed.number,
        Ending(state="dead", attempt={"verdict": "failed"}, spent=1),
    )

    answer = web.api("POST", path)
    assert (200, "queued") == (answer.status_code, answer.get_json()["callbacks"][0]["state"])
    assert 1 == len(answer.get_json()["callbacks"][0]["attempts"])
