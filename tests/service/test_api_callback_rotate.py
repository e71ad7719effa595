"""Rotating the secret that signs callbacks: at no moment is a callback sent that its receiver cannot verify."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.rig import Rig, everything_in

PATH = "/destinations/here/callback/rotate"
LINK = GOOD_RECORDS["create_scheduling_link"]
GIVEN = "whsec_" + base64.b64encode(b"planted: the new one, of 32 byte").decode()


def make(rig: Rig) -> str:
    """Make a destination and give the secret of its callback."""
    secret: str = rig.destination("create_scheduling_link")["callback"]["secret"]
    return secret


def verified(rig: Rig, *secrets: str) -> list[bool]:
    """Have a callback sent, and tell which of these secrets verify it."""
    rig.accept(LINK)
    rig.drain()
    callback = rig.sandbox.callbacks("here")[0]

    def verifies(secret: str) -> bool:
        try:
            Webhook(secret).verify(callback.body, callback.headers)
        except WebhookVerificationError:
            return False
        return True

    return [verifies(secret) for secret in secrets]


def refused(rig: Rig, body: Any, status: int) -> dict[str, Any]:
    """Ask for a rotation that is refused, and give the problem."""
    answer = rig.client.post(f"/api/v1{PATH}", json=body, headers=rig.admin)
    return assert_problem(answer, status, {409: "conflict", 422: "invalid"}[status])


def test_while_it_rotates_either_secret_verifies(rig: Rig) -> None:
    """The new one is made, and shown this once."""
    old = make(rig)

    rotated = rig.manage("POST", PATH)["callback"]
    new = rotated["secret"]

    assert [True, True] == verified(rig, old, new)
    assert (f"••••{old[-4:]}", None) == (rotated["previous_secret"], rotated["previous_until"])
    assert new not in str(rig.manage("GET", "/destinations/here"))


def test_the_sandbox_takes_both_and_a_stranger_takes_neither(rig: Rig) -> None:
    """As a receiver with one secret sees it."""
    old = make(rig)
    new = rig.manage("POST", PATH)["callback"]["secret"]
    seen = []
    for secret in (old, new, GIVEN):
        rig.sandbox.receiver.tell_secrets("here", [secret])
        rig.accept(LINK)
        rig.drain()
        seen.append(rig.sandbox.callbacks("here")[0].signature)

    assert seen[0] == seen[1] != seen[2]


def test_a_person_ends_it_by_taking_the_previous_secret_away(rig: Rig) -> None:
    """From then on the new one alone signs, and it can be rotated again."""
    old = make(rig)
    new = rig.manage("POST", PATH)["callback"]["secret"]

    ended = rig.manage("PATCH", "/destinations/here", {"callback": {"previous_secret": None}})

    assert ended["callback"]["previous_secret"] is None
    assert [False, True] == verified(rig, old, new)
    assert rig.manage("POST", PATH)["callback"]["secret"].startswith("whsec_")


def test_a_secret_may_be_given(rig: Rig) -> None:
    """It is not shown: whoever gave it has it."""
    old = make(rig)

    rotated = rig.manage("POST", PATH, {"secret": GIVEN})["callback"]

    assert f"••••{GIVEN[-4:]}" == rotated["secret"]
    assert [True, True] == verified(rig, old, GIVEN)


def test_a_second_rotation_waits_for_the_end_of_the_first(rig: Rig) -> None:
    """It would leave receivers behind that have the oldest secret only."""
    old = make(rig)
    rig.manage("POST", PATH)

    problem = refused(rig, {}, 409)

    assert "two secrets already" in problem["detail"]
    assert [True] == verified(rig, old)


def test_a_second_rotation_may_drop_the_oldest_secret(rig: Rig) -> None:
    """When a person says so: a secret that leaked must go."""
    oldest = make(rig)
    old = rig.manage("POST", PATH)["callback"]["secret"]

    new = rig.manage("POST", PATH, {"replace": True})["callback"]["secret"]

    assert [False, True, True] == verified(rig, oldest, old, new)


def test_the_previous_secret_ends_by_itself_when_it_was_given_a_time(rig: Rig) -> None:
    """Then it neither signs nor shows, and the next rotation needs no word."""
    old = make(rig)
    rotated = rig.manage("POST", PATH, {"keep_previous_for": 3600})["callback"]
    before = verified(rig, old, rotated["secret"])
    with time_machine.travel(timedelta(seconds=3601), tick=True):
        # A receiver looks at the timestamp as well, so its clock has to move along.
        after = verified(rig, old, rotated["secret"])
        shown = rig.manage("GET", "/destinations/here")["callback"]
        again = rig.manage("POST", PATH)["callback"]

    assert ([True, True], [False, True]) == (before, after)
    assert rotated["previous_until"] is not None
    assert (None, None) == (shown["previous_secret"], shown["previous_until"])
    assert f"••••{rotated['secret'][-4:]}" == again["previous_secret"]


def test_saving_the_destination_leaves_a_rotation_as_it_is(rig: Rig) -> None:
    """Its end included: a document that was read can be sent again."""
    old = make(rig)
    rotated = rig.manage("POST", PATH, {"keep_previous_for": 3600})
    read = rig.manage("GET", "/destinations/here")

    saved = rig.manage("PATCH", "/destinations/here", {"callback": read["callback"], "name": "Saved"})

    assert rotated["callback"]["previous_until"] == saved["callback"]["previous_until"]
    assert [True, True] == verified(rig, old, rotated["callback"]["secret"])


def test_a_previous_secret_given_by_hand_stays_until_a_person_ends_it(rig: Rig) -> None:
    """However long the one before it was to stay."""
    make(rig)
    rig.manage("POST", PATH, {"keep_previous_for": 3600})

    changed = rig.manage("PATCH", "/destinations/here", {"callback": {"previous_secret": GIVEN}})["callback"]

    assert (f"••••{GIVEN[-4:]}", None) == (changed["previous_secret"], changed["previous_until"])
    assert [True] == verified(rig, GIVEN)


def test_of_two_rotations_at_once_one_is_told_no(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other's secret would be lost with nobody knowing."""
    make(rig)
    standing = rig.store.destinations.get("here")
    rig.manage("PATCH", "/destinations/here", {"name": "Changed meanwhile"})
    monkeypatch.setattr(rig.store.destinations, "get", lambda _: standing)  # as it was read before

    problem = refused(rig, {}, 409)

    assert "at the same moment" in problem["detail"]


def test_a_present_secret_that_no_key_opens_is_not_kept(rig: Rig, make_settings: MakeSettings) -> None:
    """It could sign nothing, and would keep every worker from the lane."""
    make(rig)
    other = Rig(
        make_settings(
            sandbox_url=rig.sandbox.url, secret_keys=("another secret key that is only for tests",)
        ),
        rig.sandbox,
    )
    other.credential("globex")

    rotated = other.manage("POST", PATH)["callback"]

    assert rotated["secret"].startswith("whsec_")
    assert rotated["previous_secret"] is None


def test_neither_secret_lies_in_redis_in_clear(rig: Rig) -> None:
    """Nor do they in the settings of old."""
    old = make(rig)
    rig.manage("POST", PATH, {"secret": GIVEN})

    everything = everything_in(rig.store.redis)

    assert [] == [secret for secret in (old, GIVEN) if secret in everything]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"secret": "whsec_short"}, "#/secret"),
        ({"secret": "••••abcd"}, "#/secret"),
        ({"secret": 5}, "#/secret"),
        ({"keep_previous_for": 59}, "#/keep_previous_for"),
        ({"keep_previous_for": 2_592_001}, "#/keep_previous_for"),
        ({"keep_previous_for": "1h"}, "#/keep_previous_for"),
        ({"replace": "yes"}, "#/replace"),
        ({"previous": True}, "#/previous"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(rig: Rig, body: Any, pointer: str) -> None:
    """And changes nothing."""
    old = make(rig)

    problem = refused(rig, body, 422)

    assert [pointer] == [each["pointer"] for each in problem["errors"]]
    assert [True] == verified(rig, old)


def test_the_present_secret_is_no_new_one(rig: Rig) -> None:
    """Somebody took the wrong one from a list."""
    make(rig)
    rig.manage("PATCH", "/destinations/here", {"callback": {"secret": GIVEN}})

    problem = refused(rig, {"secret": GIVEN}, 422)

    assert "should be another one than the present secret" == problem["errors"][0]["detail"]


def test_without_a_callback_there_is_no_secret_to_rotate(rig: Rig) -> None:
    """409, and how to change that."""
    rig.destination("create_scheduling_link", callback=None)

    assert "no callback" in refused(rig, {}, 409)["detail"]
