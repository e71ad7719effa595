"""The rules that single templates have."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.template import InvalidRecord
from relay.model.call import Call
from tests.unit.catalogue.calls import ORGANIZATION

API = "https://api.calendly.com"
USER = f"{API}/users/AAAAAAAAAAAAAAAA"
GROUP = f"{API}/groups/AAAAAAAAAAAAAAAA"
CANCEL = TEMPLATES["cancel_scheduled_event"]
LINK = TEMPLATES["create_scheduling_link"]
HOOK = TEMPLATES["create_webhook_subscription"]
ERASE = TEMPLATES["delete_scheduled_event_data"]


def _pointers(hook: dict[str, Any]) -> list[str]:
    """Say where a hook's record is wrong."""
    try:
        HOOK.read(hook)
    except InvalidRecord as exc:
        return [error.pointer for error in exc.errors]
    return []


def test_a_cancellation_without_reason_sends_an_empty_object() -> None:
    """The body is there, and there is nothing in it."""
    call = CANCEL.call(CANCEL.read({"event_uuid": "AAAA", "reason": None}))

    assert Call("POST", "/scheduled_events/AAAA/cancellation", {}) == call


def test_a_reason_of_ten_thousand_characters_is_the_longest() -> None:
    """Calendly's own bound, in characters."""
    reason = "ü" * 10_000

    assert reason == CANCEL.read({"event_uuid": "AAAA", "reason": reason})["reason"]


@pytest.mark.parametrize(
    "extra", [{}, {"max_event_count": "1"}, {"max_event_count": None, "owner_type": "EventType"}]
)
def test_a_link_is_complete_when_only_the_owner_is_given(extra: dict[str, object]) -> None:
    """The number is a number, whatever it came as."""
    owner = f"{API}/event_types/AAAA"
    call = LINK.call(LINK.read({"owner": owner, **extra}))

    assert {"owner": owner, "owner_type": "EventType", "max_event_count": 1} == call.body


def test_the_organization_in_a_path_is_the_credential_s() -> None:
    """A record cannot invite into another organization."""
    invite = TEMPLATES["invite_user_to_organization"]
    record = {"email": "ada@example.com", "organization_uuid": "OTHER"}
    call = invite.call(invite.read(record), ORGANIZATION)

    assert Call("POST", "/organizations/ZZZZZZZZZZZZZZZZ/invitations", {"email": "ada@example.com"}) == call


def test_a_hook_takes_the_credential_s_organization_when_it_names_none() -> None:
    """Calendly wants the organization for every scope; records rarely know it."""
    record = {"url": "https://crm.example/", "events": ["contact.created"], "scope": "organization"}
    call = HOOK.call(HOOK.read(record), ORGANIZATION)

    assert {**record, "organization": ORGANIZATION} == call.body


def test_a_hook_keeps_the_organization_that_it_names() -> None:
    """What the record says goes first."""
    own = f"{API}/organizations/OWN"
    record = {
        "url": "https://crm.example/",
        "events": ["contact.created"],
        "scope": "organization",
        "organization": own,
    }
    call = HOOK.call(HOOK.read(record), ORGANIZATION)

    assert own == (call.body or {})["organization"]


@pytest.mark.parametrize(
    ("event", "scopes"),
    [
        ("invitee.created", {"organization", "user", "group"}),
        ("invitee.canceled", {"organization", "user", "group"}),
        ("invitee_no_show.created", {"organization", "user", "group"}),
        ("invitee_no_show.deleted", {"organization", "user", "group"}),
        ("event_type.created", {"organization", "user", "group"}),
        ("event_type.updated", {"organization", "user", "group"}),
        ("event_type.deleted", {"organization", "user", "group"}),
        ("contact.created", {"organization", "user", "group"}),
        ("contact.updated", {"organization", "user", "group"}),
        ("contact.deleted", {"organization", "user", "group"}),
        ("meeting_recap.created", {"user"}),
        ("meeting_recap.updated", {"user"}),
        ("meeting_recap.deleted", {"user"}),
        ("routing_form_submission.created", {"organization"}),
    ],
)
def test_each_event_goes_with_its_scopes(event: str, scopes: set[str]) -> None:
    """Calendly's table of events and scopes."""
    owners: dict[str, dict[str, str]] = {
        "organization": {},
        "user": {"user": USER},
        "group": {"group": GROUP},
    }
    records = [
        {"url": "https://crm.example/", "events": [event], "scope": scope, **owners[scope]}
        for scope in owners
    ]

    assert scopes == {record["scope"] for record in records if not _pointers(record)}
    assert {"#/events/0"} >= {pointer for record in records for pointer in _pointers(record)}


def test_a_destination_can_allow_an_event_that_nobody_knew() -> None:
    """Calendly adds events; the relay needs no release for them, and no rule of scopes stands in the way."""
    record = {
        "url": "https://crm.example/",
        "events": ["invoice.paid", "invitee.created"],
        "scope": "organization",
    }

    with pytest.raises(InvalidRecord):
        HOOK.read(record)
    assert record == HOOK.read(record, {"events": ("invoice.paid",)})


def test_a_destination_can_allow_a_scope_that_nobody_knew() -> None:
    """Whose events such a scope means is for Calendly to say."""
    record = {
        "url": "https://crm.example/",
        "events": ["meeting_recap.created"],
        "scope": "team",
        "group": GROUP,
    }

    assert record == HOOK.read(record, {"scope": ("team",)})


def test_what_one_destination_allows_is_not_allowed_to_another() -> None:
    """Allowed values belong to the destination, not to the process."""
    record = {"url": "https://crm.example/", "events": ["invoice.paid"], "scope": "organization"}
    HOOK.read(record, {"events": ("invoice.paid",)})

    with pytest.raises(InvalidRecord):
        HOOK.read(record, {"events": ("invoice.sent",)})


def test_open_and_secret_fields_are_known_by_name() -> None:
    """So that settings can be checked, and keys kept out of sight."""
    assert ("events", "scope") == HOOK.open_fields
    assert ("signing_key",) == HOOK.secret_fields


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2019-01-02T03:04:05.678123Z", "2021-01-01T02:04:05.678123Z"),
        ("2019-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
        ("2020-02-29T12:00:00Z", "2022-02-28T12:00:00Z"),
        ("2019-01-01T00:00:00+02:00", "2020-12-31T17:00:00-05:00"),
        ("2019-01-01T00:00:00Z", "2019-01-01T00:00:00.000001Z"),
    ],
)
def test_spans_of_up_to_24_calendar_months_are_accepted(start: str, end: str) -> None:
    """To the microsecond, in UTC, leap years included."""
    assert {"start_time", "end_time"} == set(ERASE.read({"start_time": start, "end_time": end}))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2019-01-01T00:00:00Z", "2021-01-01T00:00:00.000001Z"),
        ("2020-02-29T12:00:00Z", "2022-02-28T12:00:01Z"),
        ("2019-01-01T00:00:00+02:00", "2020-12-31T17:00:01-05:00"),
    ],
)
def test_a_longer_span_is_refused(start: str, end: str) -> None:
    """The sentence says how long it may be."""
    with pytest.raises(InvalidRecord) as caught:
        ERASE.read({"start_time": start, "end_time": end})

    expected = [("#/end_time", "should be at most 24 months after start_time")]
    assert expected == [(error.pointer, error.detail) for error in caught.value.errors]


def test_all_faults_are_told_at_once() -> None:
    """Nobody mends a record field by field."""
    with pytest.raises(InvalidRecord) as caught:
        HOOK.read({"url": "ftp://x", "events": ["invitee.created", 5, "y"], "scope": None})

    expected = {"#/url", "#/events/1", "#/events/2", "#/scope"}
    assert expected == {error.pointer for error in caught.value.errors}


def test_the_error_s_own_text_names_places_only() -> None:
    """It may reach a log; a person's address may not."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES["delete_invitee_data"].read({"emails": ["ada lovelace@example.com"]})

    assert "The record is wrong at #/emails/0" == str(caught.value)


def test_what_is_no_object_is_refused_as_a_whole() -> None:
    """A list or a number has no fields to name."""
    with pytest.raises(InvalidRecord) as caught:
        CANCEL.read([1, 2])  # type: ignore[arg-type] # that is the point

    assert [("#", "should be a JSON object")] == [
        (error.pointer, error.detail) for error in caught.value.errors
    ]
