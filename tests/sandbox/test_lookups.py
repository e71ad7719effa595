"""The lists: filters, order and pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox import seed
from sandbox.clock import to_text
from sandbox.server import Sandbox
from tests.sandbox.addresses import GROUP, INVITATIONS, MEMBER, ORGANIZATION, OWNER, event_path
from tests.sandbox.calling import Client

HOUR = 3600


def _uuids(answer: Any, key: str = "uri") -> list[str]:
    return [row[key].rsplit("/", 1)[1] for row in answer.json()["collection"]]


def test_a_token_tells_its_user_and_organization(client: Client) -> None:
    """This is where a client learns the organization from."""
    resource = client.get("/users/me").json()["resource"]

    assert (OWNER, ORGANIZATION) == (resource["uri"], resource["current_organization"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            {"organization": ORGANIZATION},
            [seed.INTRO, seed.DEMO, seed.RETIRED, seed.MEMBERS_OWN, seed.WEBINAR],
        ),
        ({"organization": ORGANIZATION, "active": "false"}, [seed.RETIRED]),
        ({"user": MEMBER}, [seed.MEMBERS_OWN]),
        ({"user": OWNER, "active": "true", "sort": "name:desc"}, [seed.WEBINAR, seed.DEMO, seed.INTRO]),
    ],
)
def test_event_types_are_filtered_and_sorted(
    client: Client, query: dict[str, str], expected: list[str]
) -> None:
    """By owner, by being active, by name."""
    assert expected == _uuids(client.get("/event_types", **query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"invitee_email": "grace@customer.example"}, [seed.FUTURE_EVENT]),
        ({"invitee_email": "Grace@Customer.example"}, [seed.FUTURE_EVENT]),
        ({"invitee_email": "nobody@customer.example"}, []),
        ({"status": "canceled"}, [seed.CANCELED_EVENT]),
        ({"user": MEMBER}, [seed.MEMBERS_EVENT]),
        ({"status": "active", "sort": "start_time:desc", "count": "2"}, [seed.WEBINAR_EVENT, seed.SECOND_FUTURE_EVENT]),
    ],
)  # fmt: skip
def test_events_are_filtered_and_sorted(client: Client, query: dict[str, str], expected: list[str]) -> None:
    """By invitee, status and host, by start."""
    assert expected == _uuids(client.get("/scheduled_events", organization=ORGANIZATION, **query))


def test_events_are_filtered_by_start(client: Client, sandbox: Sandbox) -> None:
    """Both ends count."""
    start = sandbox.state.events[seed.SECOND_FUTURE_EVENT].start_time
    moment, later = to_text(start), to_text(start + timedelta(seconds=1))

    found = client.get("/scheduled_events", user=OWNER, min_start_time=moment, max_start_time=moment)
    missed = client.get("/scheduled_events", user=OWNER, min_start_time=later, max_start_time=later)

    assert [seed.SECOND_FUTURE_EVENT] == _uuids(found)
    assert [] == _uuids(missed)


def test_events_of_a_group_are_those_of_its_users(client: Client) -> None:
    """Owner and member are in the group, so every event of the organization shows."""
    assert 6 == len(_uuids(client.get("/scheduled_events", group=GROUP)))


def test_a_plain_member_sees_his_own_events(client: Client) -> None:
    """He needs to name himself; the organization as a whole is not his."""
    own = client.get("/scheduled_events", user=MEMBER, token=seed.MEMBER_TOKEN)
    everybody = client.get("/scheduled_events", organization=ORGANIZATION, token=seed.MEMBER_TOKEN)

    assert [seed.MEMBERS_EVENT] == _uuids(own)
    assert 403 == everybody.status_code


def test_invitees_are_filtered(client: Client) -> None:
    """By address and status; the mark of a no-show is on the row."""
    path = event_path(seed.PAST_EVENT, "invitees")
    absent = client.get(path, email="edsger@customer.example")
    canceled = client.get(path, status="canceled")

    assert [seed.ABSENT_INVITEE] == _uuids(absent)
    assert absent.json()["collection"][0]["no_show"]["uri"].endswith(seed.NO_SHOW)
    assert [] == _uuids(canceled)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"organization": ORGANIZATION, "email": "MIA@acme.example"}, [seed.MEMBER_MEMBERSHIP]),
        ({"organization": ORGANIZATION, "role": "admin"}, [seed.ADMIN_MEMBERSHIP]),
        ({"user": MEMBER}, [seed.MEMBER_MEMBERSHIP]),
        ({"organization": ORGANIZATION, "email": "fred@free.example"}, []),
    ],
)
def test_memberships_are_found(client: Client, query: dict[str, str], expected: list[str]) -> None:
    """By address, role or user, in the own organization only."""
    assert expected == _uuids(client.get("/organization_memberships", **query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"email": "new.hire@acme.example"}, [seed.PENDING_INVITATION]),
        ({"status": "declined"}, [seed.DECLINED_INVITATION]),
        ({"sort": "email:desc", "count": "1"}, [seed.DECLINED_INVITATION]),
    ],
)
def test_invitations_are_found(client: Client, query: dict[str, str], expected: list[str]) -> None:
    """By address and status."""
    assert expected == _uuids(client.get(INVITATIONS, **query))


def test_a_member_finds_his_own_subscriptions(client: Client) -> None:
    """The scope user needs a user, and shows that user's alone."""
    path = "/webhook_subscriptions"
    owners = client.get(path, organization=ORGANIZATION, scope="user", user=OWNER)
    own = client.get(path, organization=ORGANIZATION, scope="user", user=MEMBER, token=seed.MEMBER_TOKEN)
    others = client.get(path, organization=ORGANIZATION, scope="user", user=OWNER, token=seed.MEMBER_TOKEN)

    assert [seed.SUBSCRIPTION] == _uuids(owners)
    assert [] == _uuids(own)
    assert 403 == others.status_code


@pytest.mark.parametrize("sort", ["start_time:asc", "start_time:desc"])
def test_pages_lead_through_everything_and_back(client: Client, sort: str) -> None:
    """Following next_page shows every row once; following previous_page shows them again, backwards."""
    client.plant("events", count=47, start_in=HOUR)
    first = client.get("/scheduled_events", organization=ORGANIZATION, count="10", sort=sort)
    pages = [first]
    while following := pages[-1].json()["pagination"]["next_page_token"]:
        query = {"organization": ORGANIZATION, "count": "10", "sort": sort, "page_token": following}
        pages.append(client.get("/scheduled_events", **query))
    back = [pages[-1]]
    while address := back[-1].json()["pagination"]["previous_page"]:
        back.append(client.get(address.removeprefix(client.url)))

    rows = [uuid for page in pages for uuid in _uuids(page)]
    assert [10, 10, 10, 10, 10, 3] == [page.json()["pagination"]["count"] for page in pages]
    assert (53, 53) == (len(rows), len(set(rows)))
    assert [_uuids(page) for page in reversed(back)][1:-1] == [_uuids(page) for page in pages][1:-1]
    assert first.json()["pagination"]["previous_page_token"] is None


def test_rows_that_vanish_between_pages_make_nobody_skip_any(client: Client) -> None:
    """Revoking what the first page showed leaves the second page whole."""
    client.plant("invitations", count=30)
    first = client.get(INVITATIONS, count="10", status="pending")
    for uuid in _uuids(first):
        client.delete(f"{INVITATIONS}/{uuid}")
    rest = client.get(first.json()["pagination"]["next_page"].removeprefix(client.url))

    left = client.get(INVITATIONS, count="100", status="pending")
    assert _uuids(left)[:10] == _uuids(rest)
