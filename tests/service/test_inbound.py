"""The inbound route over a real store: what is accepted, what is refused, and what is stored either way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relay.config import Settings
from relay.errors import StoreUnavailable
from relay.store import Store, Wanted
from tests.over_http import KEY, SCHEDULING_RECORD, OverHttp, a_destination, keep_credential
from tests.problems import assert_problem

ID = "booking-links"


@pytest.fixture
def web(settings: Settings, store: Store) -> OverHttp:
    """A relay with one draft destination that makes booking links."""
    web = OverHttp(settings, store)
    keep_credential(store)
    assert 201 == web.api("POST", "/destinations", a_destination()).status_code
    return web


def stored(store: Store) -> list[list[dict[str, Any]]]:
    """Give the records of every delivery in the store, oldest first."""
    listed = reversed(store.deliveries.page(Wanted(), limit=200).items)
    return [store.deliveries.get(each.id).records for each in listed]


def deals(*names: str) -> list[dict[str, Any]]:
    """Give good records that can be told apart."""
    return [{**SCHEDULING_RECORD, "deal": name} for name in names]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(deals("A", "B", "C")),
        json.dumps(deals("A", "B", "C"), indent=2),
        "\n".join(map(json.dumps, deals("A", "B", "C"))),
        "\r\n".join(map(json.dumps, deals("A", "B", "C"))) + "\r\n",
    ],
    ids=["array", "pretty array", "NDJSON", "NDJSON from Windows"],
)
def test_records_are_stored_in_order_and_named_by_index(web: OverHttp, store: Store, body: str) -> None:
    """202 gives each record's delivery, whatever the content type says."""
    answer = web.post(ID, body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert 202 == answer.status_code
    accepted = answer.get_json()["accepted"]
    assert [0, 1, 2] == [each["index"] for each in accepted]
    assert ([], []) == (answer.get_json()["rejected"], answer.get_json()["skipped"])
    assert [[deal] for deal in deals("A", "B", "C")] == stored(store)
    assert [["A"], ["B"], ["C"]] == [
        [record["deal"] for record in store.deliveries.get(each["delivery"]).records] for each in accepted
    ]


@pytest.mark.parametrize("indent", [None, 4])
def test_one_object_is_one_record(web: OverHttp, store: Store, indent: int | None) -> None:
    """On one line or on many."""
    answer = web.post(ID, json.dumps(deals("A")[0], indent=indent))

    assert 202 == answer.status_code
    assert 1 == len(answer.get_json()["accepted"])
    assert [deals("A")] == stored(store)


def test_one_bad_record_keeps_all_out(web: OverHttp, store: Store) -> None:
    """The answer names each fault; nothing is stored."""
    answer = web.post(ID, [*deals("A"), {"owner": 3}, {}, *deals("B")])

    problem = assert_problem(answer, 422, "invalid", "#/owner")
    assert [1, 2] == [error["index"] for error in problem["errors"]]
    assert "2 of 4 records are wrong; nothing was accepted." == problem["detail"]
    assert [] == stored(store)


def test_a_hundred_faults_are_listed_and_no_more(web: OverHttp) -> None:
    """An answer stays small, whatever was sent."""
    problem = assert_problem(web.post(ID, [{}] * 150), 422, "invalid", "#/owner")

    assert 100 == len(problem["errors"])
    assert "Only the first 100 faults are listed." in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"[]", 400, "bad_request"),
        (b"owner=x", 400, "bad_request"),
        (b"<soap/>", 400, "bad_request"),
        (b'{"owner": 1, "owner": 2}', 400, "bad_request"),
        (b'{"owner": NaN}', 400, "bad_request"),
        (b'{"owner": 1e999}', 400, "bad_request"),
        (b'{"owner": "\xff"}', 400, "bad_request"),
        (b'{"owner": "\\ud800"}', 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b"[1]", 422, "invalid"),
        (b"{}\n3", 422, "invalid"),
    ],
)
def test_bad_bodies_are_refused(web: OverHttp, store: Store, body: bytes, status: int, code: str) -> None:
    """Each as a problem, and nothing is stored."""
    assert_problem(web.post(ID, body), status, code)
    assert [] == stored(store)


def test_who_is_not_authenticated_does_not_make_us_parse(web: OverHttp) -> None:
    """401 comes before anything that the body could be wrong about."""
    answer = web.post(ID, b"[" * 2_000_000, key="wrong")

    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("destination", ["unknown", "Not-A-Slug", "x" * 64, "a b", "ü", "%00"])
def test_an_unknown_destination_is_not_found(web: OverHttp, destination: str) -> None:
    """Whether the id is possible at all or not."""
    assert_problem(web.post(destination, {}), 404, "unknown_destination")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_the_route_takes_posts_only(web: OverHttp, method: str) -> None:
    """Other methods are told so."""
    answer = web.client.open(f"/in/{ID}", method=method)

    assert 405 == answer.status_code
    assert "POST" == answer.headers["Allow"]


def test_a_slash_at_the_end_does_not_redirect(web: OverHttp) -> None:
    """A redirect would lose the records."""
    answer = web.client.post(f"/in/{ID}/", json=SCHEDULING_RECORD, headers={"Authorization": f"Bearer {KEY}"})

    assert 202 == answer.status_code


def test_the_body_has_a_limit(store: Store, settings: Settings, web: OverHttp) -> None:
    """413 names it; a body of exactly the limit passes."""
    limit = settings.max_body_bytes
    body = json.dumps(SCHEDULING_RECORD).encode()

    assert 202 == web.post(ID, body.ljust(limit)).status_code
    problem = assert_problem(web.post(ID, body.ljust(limit + 1)), 413, "too_large")
    assert str(limit) in problem["detail"]
    assert 1 == len(stored(store))


def test_the_number_of_records_has_a_limit(web: OverHttp, store: Store, settings: Settings) -> None:
    """413 names it and says how many there were."""
    many = [SCHEDULING_RECORD] * (settings.max_records + 1)

    problem = assert_problem(web.post(ID, many), 413, "too_large")
    assert "1001 records; this relay takes at most 1000" in problem["detail"]
    assert [] == stored(store)


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_an_inactive_destination_holds_records(web: OverHttp, store: Store, state: str) -> None:
    """They are accepted, and no turn is asked for."""
    if state == "paused":
        web.api("POST", f"/destinations/{ID}/activate")
        web.api("POST", f"/destinations/{ID}/pause")
    before = store.turns.waiting()

    answer = web.post(ID, deals("A"))

    assert 202 == answer.status_code
    assert [deals("A")] == stored(store)
    assert before == store.turns.waiting()


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_an_inactive_destination_may_refuse_records(web: OverHttp, store: Store, state: str) -> None:
    """With `when_inactive` set to refuse, the answer is 409 and nothing is stored."""
    web.api("PATCH", f"/destinations/{ID}", {"when_inactive": "refuse"})
    if state == "paused":
        web.api("POST", f"/destinations/{ID}/pause")

    answer = web.post(ID, deals("A"))

    problem = assert_problem(answer, 409, "conflict")
    assert state in problem["detail"]
    assert [] == stored(store)


def test_new_work_for_an_idle_lane_asks_for_a_turn(web: OverHttp, store: Store) -> None:
    """One is enough, however many records come before it begins."""
    web.api("POST", f"/destinations/{ID}/activate")
    before = store.turns.waiting()

    for _ in range(3):
        assert 202 == web.post(ID, deals("A")).status_code

    assert before + 1 == store.turns.waiting()


def test_a_turn_that_cannot_be_asked_for_fails_nobody(
    web: OverHttp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records are stored; the attention list brings a worker to them."""
    web.api("POST", f"/destinations/{ID}/activate")

    def fail(_turns: object, _lane: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(type(store.turns), "ask", fail)

    assert 202 == web.post(ID, deals("A")).status_code
    assert [deals("A")] == stored(store)


def test_a_destination_that_is_deleted_meanwhile_is_not_found(
    web: OverHttp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store has the last word, after the route has looked."""
    standing = store.destinations.get(ID)
    store.destinations.delete(ID)
    monkeypatch.setattr(type(store.destinations), "get", lambda *_: standing)

    assert_problem(web.post(ID, deals("A")), 404, "unknown_destination")


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        (
            {"kind": "basic", "username": "crm", "password": KEY},
            {"Authorization": "Basic Y3JtOmFuLWluYm91bmQta2V5LW9mLXVwc3RyZWFt"},
            "",
        ),
        ({"kind": "query", "key": KEY}, {}, f"?token={KEY}"),
        ({"kind": "query", "key": KEY, "parameter": "api_key"}, {}, f"?api_key={KEY}"),
    ],
    ids=["basic", "query", "query with a name of its own"],
)
def test_each_kind_of_authentication_lets_records_in(
    web: OverHttp, auth: dict[str, Any], headers: dict[str, str], query: str
) -> None:
    """Its own way opens the route, the bearer key does not any more."""
    assert 200 == web.api("PATCH", f"/destinations/{ID}", {"inbound": {"auth": auth}}).status_code

    taken = web.client.post(f"/in/{ID}{query}", json=SCHEDULING_RECORD, headers=headers)

    assert 202 == taken.status_code
    refused = web.post(ID, SCHEDULING_RECORD)
    assert_problem(refused, 401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"].lower().startswith(auth["kind"])


def test_records_may_hold_anything_that_json_can(web: OverHttp, store: Store) -> None:
    """What the template does not know is kept as it came, for the callback to match it."""
    odd = {
        **SCHEDULING_RECORD,
        "big": 10**100,
        "float": 1.5e300,
        "text": "😀\u0000\u2028",
        "deep": [[{"": None}]],
    }

    assert 202 == web.post(ID, odd).status_code
    assert [[odd]] == stored(store)
