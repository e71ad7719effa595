"""Which answers of Calendly's mean "done already", and which ask for another try."""

from __future__ import annotations

from typing import Any

import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.answers import Confirm, Says
from relay.model.call import Answer

API = "https://api.calendly.com"
ORGANIZATION = f"{API}/organizations/ZZZZ"
USER = f"{API}/users/AAAA"
FIELDS = {
    "url": "https://crm.example/hooks",
    "events": ["invitee.created", "invitee.canceled"],
    "scope": "user",
    "user": USER,
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


def _confirm() -> Confirm:
    confirm = TEMPLATES["create_webhook_subscription"].confirm
    assert confirm is not None
    return confirm


def _says(status: int, title: str, message: str) -> Answer:
    return Answer(status, body={"title": title, "message": message})


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cancel_scheduled_event", _says(403, "Permission Denied", "Event is already canceled")),
        (
            "invite_user_to_organization",
            _says(400, "Already Invited", "x@y.example has already been invited"),
        ),
        (
            "invite_user_to_organization",
            _says(400, "Already Organization Member", "x@y.example is already in"),
        ),
    ],
)
def test_these_answers_mean_done_already(name: str, answer: Answer) -> None:
    """Exactly one of the template's sentences fits."""
    assert 1 == sum(one.matches(answer) for one in TEMPLATES[name].done_already)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cancel_scheduled_event", _says(403, "Permission Denied", "Event in the past")),
        (
            "cancel_scheduled_event",
            _says(403, "Permission Denied", "You are not allowed to cancel this event"),
        ),
        ("cancel_scheduled_event", _says(404, "Resource Not Found", "Event is already canceled")),
        (
            "invite_user_to_organization",
            _says(400, "Invalid Argument", "The supplied parameters are invalid."),
        ),
        ("invite_user_to_organization", _says(400, "Race Condition", "Please try the request again.")),
        ("invite_user_to_organization", Answer(400, body="<html>already invited</html>")),
        ("create_webhook_subscription", _says(409, "Already Exists", "Hook with this url already exists")),
        (
            "revoke_organization_invitation",
            _says(400, "Invitation Already Accepted", "It has been accepted."),
        ),
    ],
)
def test_these_answers_do_not(name: str, answer: Answer) -> None:
    """A refusal that does not say that the wished state holds stays a refusal."""
    assert not any(one.matches(answer) for one in TEMPLATES[name].done_already)


def test_the_two_ways_to_be_in_the_organization_are_told_apart() -> None:
    """Invited and member are different news."""
    meanings = {one.meaning for one in TEMPLATES["invite_user_to_organization"].done_already}

    assert 2 == len(meanings)


def test_a_race_at_calendly_is_tried_again() -> None:
    """Its own message asks for that."""
    answer = _says(400, "Race Condition", "A race condition occurred when processing the request.")

    assert any(one.matches(answer) for one in TEMPLATES["invite_user_to_organization"].try_again)


def test_texts_are_compared_without_case() -> None:
    """Calendly's capitals are not part of the contract."""
    assert Says(400, title="Already Invited").matches(_says(400, "ALREADY INVITED", ""))


def test_the_look_up_asks_for_the_wished_owner_and_scope() -> None:
    """Organization and scope always, the user where the scope is the user's."""
    expected = {"organization": ORGANIZATION, "scope": "user", "user": USER}

    assert expected == _confirm().parameters(FIELDS, ORGANIZATION)


def test_the_organization_of_the_record_goes_before_the_credential_s() -> None:
    """The look-up asks where the call was made."""
    own = f"{API}/organizations/OWN"

    assert own == _confirm().parameters({**FIELDS, "organization": own}, ORGANIZATION)["organization"]


def test_the_standing_hook_is_found_among_others() -> None:
    """Events are the same in any order."""
    rows = [{**STANDING, "callback_url": "https://other.example/"}, "no row", {}, STANDING]

    assert STANDING == _confirm().holds(FIELDS, ORGANIZATION, rows)


def test_an_owner_that_the_call_leaves_out_may_be_anybody() -> None:
    """Calendly may name a user on an organization's hook."""
    fields = {"url": FIELDS["url"], "events": FIELDS["events"], "scope": "organization"}
    row = {**STANDING, "scope": "organization"}

    assert row == _confirm().holds(fields, ORGANIZATION, [row])


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
    """Then the refusal stands: what was wished for is not there."""
    assert _confirm().holds(FIELDS, ORGANIZATION, [{**STANDING, **difference}]) is None
