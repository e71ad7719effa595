"""The eleven write endpoints and the booking, when all goes well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox import seed
from sandbox.clock import to_text
from sandbox.server import Sandbox
from tests.sandbox.addresses import (
    DEMO,
    GROUP,
    INVITATIONS,
    MEMBER,
    ORGANIZATION,
    OWNER,
    event_path,
    hook,
    invitee_uri,
    link,
)
from tests.sandbox.calling import Client


def test_canceling_an_event_cancels_its_invitees_too(client: Client) -> None:
    """The event and every invitee carry the same cancellation."""
    answer = client.post(event_path(seed.FUTURE_EVENT, "cancellation"), {"reason": "Closed lost"})

    made = answer.json()["resource"]
    assert 201 == answer.status_code
    assert ("Olivia Owner", "Closed lost", "host") == (
        made["canceled_by"],
        made["reason"],
        made["canceler_type"],
    )
    event = client.get(event_path(seed.FUTURE_EVENT)).json()["resource"]
    invitees = client.get(event_path(seed.FUTURE_EVENT, "invitees")).json()["collection"]
    assert ["canceled", "canceled"] == [event["status"], *(invitee["status"] for invitee in invitees)]
    assert [made, made] == [event["cancellation"], *(invitee["cancellation"] for invitee in invitees)]
    assert {"total": 1, "active": 0, "limit": 1} == event["invitees_counter"]


@pytest.mark.parametrize("body", [None, {}])
def test_a_cancellation_needs_no_reason(client: Client, body: object) -> None:
    """An empty object and no body at all are both right."""
    answer = client.post(event_path(seed.FUTURE_EVENT, "cancellation"), body)

    assert 201 == answer.status_code
    assert answer.json()["resource"]["reason"] is None


def test_a_host_without_any_role_may_cancel_his_own_event(client: Client) -> None:
    """Being a host is enough."""
    answer = client.post(event_path(seed.MEMBERS_EVENT, "cancellation"), {}, token=seed.MEMBER_TOKEN)

    assert 201 == answer.status_code


@pytest.mark.parametrize(
    ("scope", "who"), [("organization", {}), ("user", {"user": MEMBER}), ("group", {"group": GROUP})]
)
def test_a_subscription_is_made_found_and_deleted(client: Client, scope: str, who: dict[str, str]) -> None:
    """It shows under the scope it was made for, never tells its key, and is gone after the delete."""
    made = client.post("/webhook_subscriptions", hook(scope=scope, signing_key="sssh", **who))
    resource = made.json()["resource"]
    path = "/webhook_subscriptions/" + resource["uri"].rsplit("/", 1)[1]
    listed = client.get("/webhook_subscriptions", organization=ORGANIZATION, scope=scope, **who)
    shown, deleted, gone = client.get(path), client.delete(path), client.get(path)

    assert [201, 200, 204, 404] == [answer.status_code for answer in (made, shown, deleted, gone)]
    assert "https://crm.example/new-hook" == resource["callback_url"]
    assert OWNER == resource["creator"]
    assert "sssh" not in made.text
    assert resource in listed.json()["collection"]
    assert resource == shown.json()["resource"]


def test_every_scheduling_link_is_a_new_one(client: Client) -> None:
    """Asking twice makes two links."""
    answers = [client.post("/scheduling_links", link()) for _ in range(2)]

    assert [201, 201] == [answer.status_code for answer in answers]
    assert 2 == len({answer.json()["resource"]["booking_url"] for answer in answers})
    assert {DEMO} == {answer.json()["resource"]["owner"] for answer in answers}


def test_a_no_show_is_marked_seen_at_the_invitee_and_taken_away(client: Client) -> None:
    """The mark has an id of its own, which the invitee carries until the mark is deleted."""
    uri = invitee_uri(seed.PAST_EVENT, seed.PAST_INVITEE)
    person = event_path(seed.PAST_EVENT, "invitees", seed.PAST_INVITEE)
    made = client.post("/invitee_no_shows", {"invitee": uri})
    resource = made.json()["resource"]
    path = "/invitee_no_shows/" + resource["uri"].rsplit("/", 1)[1]
    shown, marked = client.get(path), client.get(person).json()["resource"]
    deleted, again = client.delete(path), client.delete(path)

    assert [201, 200, 204, 404] == [answer.status_code for answer in (made, shown, deleted, again)]
    assert uri == resource["invitee"]
    assert {"uri": resource["uri"], "created_at": resource["created_at"]} == marked["no_show"]
    assert client.get(person).json()["resource"]["no_show"] is None


def test_a_removed_member_leaves_the_organization_and_goes_on_alone(client: Client) -> None:
    """The membership is gone; the person's own token now acts in another, free organization."""
    path = f"/organization_memberships/{seed.MEMBER_MEMBERSHIP}"
    shown, deleted, again = client.get(path), client.delete(path), client.delete(path)
    listed = client.get("/organization_memberships", organization=ORGANIZATION, email="mia@acme.example")
    alone = client.get("/users/me", token=seed.MEMBER_TOKEN)

    assert [200, 204, 404] == [answer.status_code for answer in (shown, deleted, again)]
    assert [] == listed.json()["collection"]
    assert ORGANIZATION != alone.json()["resource"]["current_organization"]
    assert "50" == alone.headers["X-RateLimit-Limit"]


def test_an_invitation_is_sent_found_and_revoked(client: Client) -> None:
    """After the revoke the same address may be invited again."""
    made = client.post(INVITATIONS, {"email": "Someone@New.example"})
    path = made.json()["resource"]["uri"].removeprefix("https://api.calendly.com")
    found = client.get(INVITATIONS, email="someone@new.example", status="pending")
    shown, revoked, again = client.get(path), client.delete(path), client.delete(path)
    anew = client.post(INVITATIONS, {"email": "someone@new.example"})

    assert [201, 200, 204, 404, 201] == [answer.status_code for answer in (made, shown, revoked, again, anew)]
    assert "pending" == made.json()["resource"]["status"]
    assert [made.json()["resource"]] == found.json()["collection"]


def test_invitee_data_is_erased_later_and_silently(client: Client, sandbox: Sandbox) -> None:
    """The call is accepted, twice if need be; past bookings of that address vanish when the sandbox is told so."""
    body = {"emails": ["katherine@customer.example", "nobody@customer.example"]}
    answers = [client.post("/data_compliance/deletion/invitees", body) for _ in range(2)]
    before = sandbox.state.invitees[seed.PAST_INVITEE]
    erased = client.control("POST", "/deletions").json()

    assert [(202, {}), (202, {})] == [(answer.status_code, answer.json()) for answer in answers]
    assert "katherine@customer.example" == before.email
    assert {"erased_invitees": 1} == erased
    assert seed.PAST_INVITEE not in sandbox.state.invitees
    assert seed.ABSENT_INVITEE in sandbox.state.invitees


def test_event_data_is_erased_for_a_past_range(client: Client, sandbox: Sandbox) -> None:
    """Events that started within the range go, with their invitees and marks."""
    now = sandbox.clock.now()
    body = {"start_time": to_text(now - timedelta(days=700)), "end_time": to_text(now - timedelta(days=1))}
    answer = client.post("/data_compliance/deletion/events", body)
    client.control("POST", "/deletions")

    assert (202, {}) == (answer.status_code, answer.json())
    assert 404 == client.get(event_path(seed.PAST_EVENT)).status_code
    assert 404 == client.get(f"/invitee_no_shows/{seed.NO_SHOW}").status_code
    assert 200 == client.get(event_path(seed.CANCELED_EVENT)).status_code


@pytest.mark.parametrize("name", [{"name": "Ada Lovelace"}, {"first_name": "Ada", "last_name": "Lovelace"}])
def test_a_booking_makes_an_event_each_time(client: Client, sandbox: Sandbox, name: dict[str, str]) -> None:
    """Booking is not idempotent: the same call books twice."""
    body = {
        "event_type": DEMO,
        "start_time": to_text(sandbox.clock.now() + timedelta(days=3)),
        "invitee": {**name, "email": "ada@customer.example", "timezone": "Europe/London"},
    }
    answers = [client.post("/invitees", body) for _ in range(2)]
    found = client.get("/scheduled_events", organization=ORGANIZATION, invitee_email="ada@customer.example")

    assert [201, 201] == [answer.status_code for answer in answers]
    assert {"Ada Lovelace"} == {answer.json()["resource"]["name"] for answer in answers}
    assert 2 == len(found.json()["collection"])
