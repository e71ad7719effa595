"""The control API: the state sheet, planting, time, and the journal of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox import seed
from sandbox.server import Sandbox
from tests.sandbox.addresses import DEMO, INVITATIONS, MEMBER, ORGANIZATION, event_path, hook, link
from tests.sandbox.calling import Client

HOUR = 3600


def test_the_state_shows_every_entity(client: Client) -> None:
    """Also what Calendly itself never shows: links, deletion requests, tokens."""
    client.post("/scheduling_links", link())
    client.post("/data_compliance/deletion/invitees", {"emails": ["a@b.example"]})

    state = client.control("GET", "/state").json()

    assert {
        "tokens": 6,
        "organizations": 2,
        "groups": 1,
        "organization_memberships": 4,
        "organization_invitations": 3,
        "event_types": 6,
        "scheduled_events": 7,
        "invitees": 8,
        "invitee_no_shows": 1,
        "webhook_subscriptions": 1,
        "scheduling_links": 1,
        "deletion_requests": 1,
    } == {name: len(rows) for name, rows in state.items() if isinstance(rows, list)}
    assert ["a@b.example"] == state["deletion_requests"][0]["emails"]


def test_a_reset_brings_the_beginning_back(client: Client, sandbox: Sandbox) -> None:
    """State, time, faults, calls, callbacks and allowance."""
    client.control("POST", "/clock", {"advance": 100 * HOUR})
    client.delete(f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}")
    client.plant("events", count=3)
    client.control("POST", "/faults", {"fault": "503"})
    client.control("POST", "/reset")

    answer = client.get(f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}")

    assert 200 == answer.status_code
    assert "499" == answer.headers["X-RateLimit-Remaining"]
    assert 7 == len(sandbox.state.events)
    assert 1 == len(sandbox.calls())
    assert abs(datetime.now(UTC) - sandbox.clock.now()) < timedelta(seconds=5)


def test_planted_past_events_are_ready_to_be_marked(client: Client) -> None:
    """With as many invitees as wished, each with an address of its own."""
    made = client.plant("events", start_in=-HOUR, invitees=2, event_type=DEMO, host=MEMBER)
    answers = [client.post("/invitee_no_shows", {"invitee": uri}) for uri in made["invitees"]]

    assert [201, 201] == [answer.status_code for answer in answers]
    assert 2 == len(set(made["emails"]))


def test_planted_things_work(client: Client) -> None:
    """Each kind can be used through Calendly's endpoints."""
    client.plant("tokens", token="planted", user=seed.ADMIN, scopes=["users:read"], limit=7)
    canceled = client.plant("events", status="canceled", reason="Ill")
    absent = client.plant("events", start_in=-HOUR, no_show=True)
    member = client.plant("memberships", role="admin", email="new.admin@acme.example")
    invitation = client.plant("invitations", email="planted@new.example")
    subscription = client.plant("webhook_subscriptions", url="https://planted.example/hook")
    event_type = client.plant("event_types", name="Planted Type", active=False)
    organization = client.plant("organizations", plan="Teams")
    answers = [
        client.get("/users/me", token="planted"),
        client.post(event_path(canceled["uuid"], "cancellation"), {}),
        client.delete(absent["no_shows"][0].removeprefix("https://api.calendly.com")),
        client.delete(f"/organization_memberships/{member['uuid']}"),
        client.delete(f"{INVITATIONS}/{invitation['uuid']}"),
        client.post("/webhook_subscriptions", hook(url="https://planted.example/hook")),
        client.delete(f"/webhook_subscriptions/{subscription['uuid']}"),
        client.post("/scheduling_links", link(owner=event_type["uri"])),
        client.post(f"/organizations/{organization['uuid']}/invitations", {"email": "a@b.example"}),
    ]

    assert [200, 403, 204, 204, 204, 409, 204, 201, 403] == [answer.status_code for answer in answers]


def test_a_scheduling_link_can_be_booked_once(client: Client) -> None:
    """An event that is planted by way of a link uses it up."""
    address = client.post("/scheduling_links", link()).json()["resource"]["booking_url"]
    client.plant("events", scheduling_link=address)
    again = client.control("POST", "/seed", {"events": {"scheduling_link": address}})
    state = client.control("GET", "/state").json()

    assert 400 == again.status_code
    assert [(address, True)] == [(row["booking_url"], row["used"]) for row in state["scheduling_links"]]


def test_thousands_can_be_planted_at_once(client: Client) -> None:
    """The answer lists all of them."""
    answer = client.control("POST", "/seed", {"events": {"count": 2000}, "invitations": {"count": 1000}})

    made = answer.json()
    assert [2000, 1000] == [len({thing["uri"] for thing in made[kind]}) for kind in ("events", "invitations")]


@pytest.mark.parametrize(
    "wish",
    [
        {"unicorns": {}},
        {"events": 3},
        {"events": {"count": -1}},
        {"events": {"count": "3"}},
        {"events": {"event_type": "NOWHERE"}},
        {"events": {"hosts": [MEMBER]}},
        {"invitations": {"status": "lost"}},
        {"tokens": {"scopes": "users:read"}},
        {"tokens": {"plan": "Gold"}},
        {"memberships": {"email": 7}},
    ],
)
def test_senseless_wishes_are_refused(client: Client, wish: dict[str, object]) -> None:
    """With a sentence, not with a guess."""
    answer = client.control("POST", "/seed", wish)

    assert 400 == answer.status_code
    assert answer.json()["error"]


def test_time_can_be_made_to_pass(client: Client, sandbox: Sandbox) -> None:
    """An event that is in the future can be marked after it has started, and no longer canceled."""
    uri = "https://api.calendly.com" + event_path(seed.FUTURE_EVENT, "invitees", seed.FUTURE_INVITEE)
    early = client.post("/invitee_no_shows", {"invitee": uri})
    client.control("POST", "/clock", {"advance": 8 * 24 * HOUR})
    late = client.post("/invitee_no_shows", {"invitee": uri})
    too_late = client.post(event_path(seed.FUTURE_EVENT, "cancellation"), {})

    assert [400, 201, 403] == [answer.status_code for answer in (early, late, too_late)]
    assert "Event in the past" == too_late.json()["message"]


def test_unknown_rules_and_organizations_are_refused(client: Client) -> None:
    """Misspelling something does not go unnoticed."""
    answers = [
        client.control("PUT", "/rules", {"webhook_keys": "url"}),
        client.control("PUT", "/rules", {"webhook_key": "moon"}),
        client.control("PATCH", f"/organizations/{seed.ORGANIZATION}", {"seat": 1}),
        client.control("PATCH", "/organizations/NOWHERE", {}),
        client.control("POST", "/clock", {"advance": -1}),
        client.control("GET", "/nothing"),
    ]

    assert [400, 400, 400, 404, 400, 404] == [answer.status_code for answer in answers]


def test_the_journal_keeps_what_was_sent_but_no_token(client: Client) -> None:
    """Method, path, query, headers, body, answer, and whether anything changed."""
    client.get("/event_types", organization=ORGANIZATION)
    client.post(INVITATIONS, {"email": "a@new.example"})
    text = client.control("GET", "/calls").text
    calls = client.control("GET", "/calls").json()

    read, written = calls["calls"]
    assert ("GET", "/event_types", {"organization": ORGANIZATION}) == (
        read["method"],
        read["path"],
        read["query"],
    )
    assert ("", 200, False) == (read["body"], read["status"], read["effect"])
    assert ('{"email": "a@new.example"}', 201, True) == (
        written["body"],
        written["status"],
        written["effect"],
    )
    assert "pending" == written["answer"]["resource"]["status"]
    assert "application/json" == written["headers"]["content-type"]
    assert {"GET 200": 1, "POST 201": 1} == calls["counts"]
    assert "Bearer" not in text
    assert "authorization" not in text.lower()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("?method=post", [2, 3]),
        ("?path=/users/me", [1, 4]),
        ("?path=/organizations/*", [2, 3]),
        ("?status=400", [3]),
        ("?effect=true", [2]),
        ("?since=2", [3, 4]),
        ("?limit=1", [4]),
        ("?limit=0", []),
    ],
)
def test_the_journal_can_be_filtered(client: Client, query: str, expected: list[int]) -> None:
    """By everything that tests ask for."""
    client.get("/users/me")
    client.post(INVITATIONS, {"email": "a@new.example"})
    client.post(INVITATIONS, {"email": "a@new.example"})
    client.get("/users/me")

    calls = client.control("GET", "/calls" + query).json()["calls"]

    assert expected == [call["number"] for call in calls]


@pytest.mark.parametrize("query", ["status=ok", "since=-1", "effect=maybe", "limit=all"])
def test_a_senseless_filter_is_refused(client: Client, query: str) -> None:
    """With a sentence."""
    assert 400 == client.control("GET", f"/calls?{query}").status_code


def test_the_journal_is_bounded_and_can_be_cleared() -> None:
    """The oldest calls go first; the counts know of them until they are cleared."""
    with Sandbox(kept_calls=2) as sandbox:
        client = Client(sandbox.url)
        for _ in range(3):
            client.get("/users/me")
        kept, counted = [call.number for call in sandbox.calls()], sandbox.journal.counts()
        client.control("DELETE", "/calls")
        client.session.close()

        assert [2, 3] == kept
        assert {"GET 200": 3} == counted
        assert ([], {}) == (sandbox.calls(), sandbox.journal.counts())
