"""Which answers of Calendly's mean "done already", and which ask for another try."""

from __future__ import annotations

import pytest

from relay.catalogue import TEMPLATES
from relay.catalogue.answers import Says
from relay.model.call import Answer


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
