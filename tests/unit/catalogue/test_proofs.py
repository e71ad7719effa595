"""What shows that a call took effect, row by row, for every template that has a proof."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import CATALOGUE, TEMPLATES
from relay.catalogue.proof import Evidence

API = "https://api.calendly.com"
ORGANIZATION = f"{API}/organizations/ZZZZ"
USER = f"{API}/users/AAAA"
INVITEE = f"{API}/scheduled_events/EEEE/invitees/IIII"
MOMENT = "2026-01-31T08:00:00.000000Z"
HOOK = {
    "url": "https://crm.example/hooks",
    "events": ["invitee.created", "invitee.canceled"],
    "scope": "user",
    "user": USER,
    "organization": ORGANIZATION,
}
STANDING = {
    "uri": f"{API}/webhook_subscriptions/BBBB",
    "callback_url": "https://crm.example/hooks",
    "events": ["invitee.canceled", "invitee.created"],
    "scope": "user",
    "organization": ORGANIZATION,
    "user": USER,
    "group": None,
    "state": "active",
}
CANCELLATION = {"canceled_by": "Ada", "reason": "Ill", "canceler_type": "host", "created_at": MOMENT}
MARK = {"uri": f"{API}/invitee_no_shows/NNNN", "created_at": MOMENT}
INVITED = {"uri": f"{ORGANIZATION}/invitations/VVVV", "email": "ada@example.com", "status": "pending"}
MEMBER = {"uri": f"{API}/organization_memberships/MMMM", "user": {"email": "Ada@Example.com"}}


def evidence(name: str, number: int = 0) -> Evidence:
    """Give one of the places that show the effect of a template's call."""
    proof = TEMPLATES[name].proof
    assert proof is not None
    return proof.evidence[number]


# template, which of its places, the call's fields, what stands there, and the resource that follows (None: it shows nothing)
SHOWN: list[tuple[str, int, dict[str, Any], list[Any], Any]] = [
    ("cancel_scheduled_event", 0, {}, [{"status": "canceled", "cancellation": CANCELLATION}], CANCELLATION),
    ("cancel_scheduled_event", 0, {}, [{"status": "active"}], None),
    ("cancel_scheduled_event", 0, {}, [{"status": "active", "cancellation": CANCELLATION}], None),
    ("cancel_scheduled_event", 0, {}, [{"status": "canceled"}], None),
    ("mark_invitee_no_show", 0, {"invitee": INVITEE}, [{"no_show": MARK}], {**MARK, "invitee": INVITEE}),
    ("mark_invitee_no_show", 0, {"invitee": INVITEE}, [{"no_show": None}], None),
    ("mark_invitee_no_show", 0, {"invitee": INVITEE}, [{}], None),
    ("invite_user_to_organization", 0, {"email": "Ada@example.com"}, [INVITED], INVITED),
    ("invite_user_to_organization", 0, {"email": "bob@example.com"}, [INVITED], None),
    ("invite_user_to_organization", 0, {"email": "ada@example.com"}, [{**INVITED, "status": "declined"}], None),
    ("invite_user_to_organization", 0, {"email": "ada@example.com"}, [{**INVITED, "status": "accepted"}], None),
    ("invite_user_to_organization", 1, {"email": "ada@example.com"}, [MEMBER], MEMBER),
    ("invite_user_to_organization", 1, {"email": "bob@example.com"}, [MEMBER], None),
    ("create_webhook_subscription", 0, HOOK, [{**STANDING, "callback_url": "https://x.example"}, {}, STANDING], STANDING),
    # an owner that the call leaves out may be anybody
    ("create_webhook_subscription", 0, {**HOOK, "user": USER}, [{**STANDING, "group": "anybody"}], {**STANDING, "group": "anybody"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "number", "fields", "rows", "resource"), SHOWN)
def test_what_a_place_shows(
    name: str, number: int, fields: dict[str, Any], rows: list[Any], resource: Any
) -> None:
    """The effect stands only where it stands just as wished."""
    assert resource == evidence(name, number).shown_by(rows, fields)


@pytest.mark.parametrize(
    "difference",
    [
        {"callback_url": "https://crm.example/other"},
        {"events": ["invitee.created"]},
        {"events": ["invitee.created", "invitee.canceled", "contact.created"]},
        {"events": None},
        {"scope": "organization"},
        {"user": f"{API}/users/CCCC"},
        {"user": None},
        {"organization": f"{API}/organizations/CCCC"},
        {"state": "disabled"},
    ],
)
def test_a_hook_that_differs_does_not_count(difference: dict[str, Any]) -> None:
    """What was wished for is not there."""
    assert None is evidence("create_webhook_subscription").shown_by([{**STANDING, **difference}], HOOK)


def test_every_template_says_what_follows_silence() -> None:
    """Each effect can be looked up, or repeated without harm, or made once more at a price that is named; manual calls none of it."""
    proven = {name for name, one in TEMPLATES.items() if one.proof}
    spared = {name for name, one in TEMPLATES.items() if one.spare}

    assert {"delete_invitee_data", "delete_scheduled_event_data", "create_scheduling_link"} == set(
        TEMPLATES
    ) - proven
    assert {"create_scheduling_link"} == spared
    assert (None, "") == (CATALOGUE["manual"].proof, CATALOGUE["manual"].spare)


def test_what_a_delete_took_away_is_shown_by_its_absence() -> None:
    """And by nothing else."""
    deletes = {name for name, one in TEMPLATES.items() if one.method == "DELETE"}

    assert deletes == {
        name for name, one in TEMPLATES.items() if one.proof and any(each.gone for each in one.proof.evidence)
    }
