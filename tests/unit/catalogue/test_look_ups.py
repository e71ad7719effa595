"""What a record can give where it has no uuid, and that it never goes further than the look-up."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.describe import describe, json_schema
from relay.catalogue.template import InvalidRecord
from tests.bad_records import NO_EMAIL, NO_UUID
from tests.unit.catalogue.calls import ORGANIZATION

API = "https://api.calendly.com"
INVITEE = f"{API}/scheduled_events/EEEE/invitees/IIII"
EMAIL = {"email": "Ada@Example.com"}
EVENT_AND_EMAIL = {"event_uuid": "EEEE", **EMAIL}

# For each template: what a record gives instead, and the field that is found by it.
WAYS: list[tuple[str, dict[str, Any], str]] = [
    ("cancel_scheduled_event", {"invitee_email": "ada@example.com"}, "event_uuid"),
    (
        "cancel_scheduled_event",
        {"invitee_email": "ada@example.com", "start_time": "2030-01-31T08:00:00Z", "reason": "No budget"},
        "event_uuid",
    ),
    ("create_scheduling_link", {"event_type": "Demo call"}, "owner"),
    ("delete_webhook_subscription", {"url": "https://crm.example/hooks"}, "webhook_subscription_uuid"),
    ("mark_invitee_no_show", EVENT_AND_EMAIL, "invitee"),
    ("remove_user_from_organization", EMAIL, "membership_uuid"),
    ("revoke_organization_invitation", EMAIL, "invitation_uuid"),
    ("unmark_invitee_no_show", {"invitee": INVITEE}, "no_show_uuid"),
    ("unmark_invitee_no_show", EVENT_AND_EMAIL, "no_show_uuid"),
]
GIVEN: dict[str, Any] = {
    "event_uuid": "UUUU",
    "owner": f"{API}/event_types/UUUU",
    "webhook_subscription_uuid": "UUUU",
    "invitee": INVITEE,
    "membership_uuid": "UUUU",
    "invitation_uuid": "UUUU",
    "no_show_uuid": "UUUU",
}


@pytest.mark.parametrize(("name", "record", "finds"), WAYS)
def test_a_record_can_give_what_people_know(name: str, record: dict[str, Any], finds: str) -> None:
    """It is taken, and the template says which look-up it needs."""
    template = TEMPLATES[name]

    look_up = template.look_up(template.read(record))

    assert look_up is not None
    assert finds == look_up.finds
    assert set(look_up.by) <= set(record)
    jsonschema.validate(record, json_schema(template), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(("name", "record", "finds"), WAYS)
def test_what_a_look_up_reads_is_never_sent(name: str, record: dict[str, Any], finds: str) -> None:
    """Neither in the path nor in the body: Calendly gets the same call as from a record with the uuid."""
    template = TEMPLATES[name]
    looked_up = template.call({**template.read(record), finds: GIVEN[finds]}, ORGANIZATION)
    rest = {name: value for name, value in record.items() if name not in template.unsent_fields}

    assert template.call(template.read({**rest, finds: GIVEN[finds]}), ORGANIZATION) == looked_up


@pytest.mark.parametrize(("name", "record", "finds"), WAYS)
def test_with_the_uuid_the_rest_is_ignored(name: str, record: dict[str, Any], finds: str) -> None:
    """Even where it makes no sense: a CRM's record often has an "email" of its own."""
    template = TEMPLATES[name]
    nonsense = {**dict.fromkeys(record, 17), "reason": None, finds: GIVEN[finds]}

    fields = template.read(nonsense)

    assert template.read({finds: GIVEN[finds]}) == fields
    assert template.look_up(fields) is None
    jsonschema.validate(nonsense, json_schema(template), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(("name", "record", "finds"), WAYS)
def test_with_neither_both_ways_are_named(name: str, record: dict[str, Any], finds: str) -> None:
    """Whoever sends too little reads what would have been enough."""
    template = TEMPLATES[name]
    known_by = next(one for one in template.look_ups if set(one.by) <= set(record))

    with pytest.raises(InvalidRecord) as caught:
        template.read({})

    [error] = caught.value.errors
    assert f"#/{finds}" == error.pointer
    assert f"is required: {template.fields()[finds].what}" in error.detail
    assert f"or {known_by.phrase}" in error.detail
    assert not jsonschema.Draft202012Validator(json_schema(template)).is_valid({})


def test_half_of_what_a_look_up_needs_is_not_enough() -> None:
    """An email without its event would be one of many."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES["mark_invitee_no_show"].read(EMAIL)

    assert ["#/invitee"] == [error.pointer for error in caught.value.errors]
    assert "or event_uuid and email, and the relay looks it up" in caught.value.errors[0].detail


@pytest.mark.parametrize("name", ["remove_user_from_organization", "revoke_organization_invitation"])
@pytest.mark.parametrize("email", [one for why, one in NO_EMAIL.items() if why not in {"left out", "null"}])
def test_an_email_that_is_none_is_refused_at_once(name: str, email: Any) -> None:
    """It would never be found; the error stands where the fault is, and only there."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES[name].read({"email": email})

    assert ["#/email"] == [error.pointer for error in caught.value.errors]


@pytest.mark.parametrize(
    ("name", "record", "pointer"),
    [
        ("cancel_scheduled_event", {"invitee_email": "ada"}, "#/invitee_email"),
        (
            "cancel_scheduled_event",
            {"invitee_email": "a@b.example", "start_time": "tomorrow"},
            "#/start_time",
        ),
        (
            "cancel_scheduled_event",
            {"invitee_email": "a@b.example", "start_time": "2030-01-01T08:00:00"},
            "#/start_time",
        ),
        ("create_scheduling_link", {"event_type": ""}, "#/event_type"),
        ("create_scheduling_link", {"event_type": " \t"}, "#/event_type"),
        ("create_scheduling_link", {"event_type": 30}, "#/event_type"),
        ("create_scheduling_link", {"event_type": "two\nlines"}, "#/event_type"),
        ("create_scheduling_link", {"event_type": "half \ud83d"}, "#/event_type"),
        ("create_scheduling_link", {"event_type": "x" * 2049}, "#/event_type"),
        ("delete_webhook_subscription", {"url": "http://crm.example/"}, "#/url"),
        ("mark_invitee_no_show", {"event_uuid": "a b", "email": "a@b.example"}, "#/event_uuid"),
        ("unmark_invitee_no_show", {"invitee": "IIII"}, "#/invitee"),
        (
            "remove_user_from_organization",
            {"membership_uuid": "", "email": "a@b.example"},
            "#/membership_uuid",
        ),
    ],
)
def test_what_a_look_up_reads_is_checked(name: str, record: dict[str, Any], pointer: str) -> None:
    """As every other field is; and a uuid that is there must be one."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES[name].read(record)

    assert [pointer] == [error.pointer for error in caught.value.errors]


@pytest.mark.parametrize("uuid", [one for why, one in NO_UUID.items() if why not in {"left out", "null"}])
def test_an_email_does_not_excuse_a_uuid_that_is_none(uuid: Any) -> None:
    """The sender meant it, and it means nothing."""
    with pytest.raises(InvalidRecord) as caught:
        TEMPLATES["remove_user_from_organization"].read({"membership_uuid": uuid, **EMAIL})

    assert ["#/membership_uuid"] == [error.pointer for error in caught.value.errors]


def test_the_more_exact_way_goes_first() -> None:
    """An invitee's own URI tells more than an event and an email."""
    template = TEMPLATES["unmark_invitee_no_show"]

    look_up = template.look_up(template.read({"invitee": INVITEE, **EVENT_AND_EMAIL}))

    assert look_up is not None
    assert ("invitee",) == look_up.by


def test_a_call_that_is_only_looked_at_keeps_the_place_of_what_is_not_found_yet() -> None:
    """A preview shows what will be filled in."""
    template = TEMPLATES["remove_user_from_organization"]

    assert "/organization_memberships/{membership_uuid}" == template.call(template.read(EMAIL)).path


@pytest.mark.parametrize(("name", "record", "finds"), WAYS)
def test_the_description_shows_the_other_way_beside_the_uuid(
    name: str, record: dict[str, Any], finds: str
) -> None:
    """In the list of fields, in the schema, and as data for programs."""
    described = describe(TEMPLATES[name])
    [field] = [one for one in described["fields"] if one["name"] == finds]
    ways = [one for one in described["look_ups"] if set(one["by"]) <= set(record)]

    assert "and the relay looks it up" in field["description"]
    assert field["description"] == described["schema"]["properties"][finds]["description"]
    assert finds in {one["finds"] for one in ways}
    read = [one for one in described["fields"] if one["name"] in ways[0]["by"]]
    assert all(one["where"] == "look_up" for one in read)
    assert all(one["description"].endswith(f"; only read where {finds} is missing") for one in read)


def test_templates_without_look_ups_say_nothing_of_them() -> None:
    """Their records need all that they needed before."""
    without = {name for name, one in TEMPLATES.items() if not one.look_ups}
    expected = {
        "create_webhook_subscription",
        "invite_user_to_organization",
        "delete_invitee_data",
        "delete_scheduled_event_data",
    }

    assert expected == without
    assert all(describe(TEMPLATES[name])["look_ups"] == [] for name in without)
