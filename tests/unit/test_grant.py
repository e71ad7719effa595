"""A grant and its time."""

from __future__ import annotations

from typing import Any

import pytest

from relay.model.credential import Credential
from relay.model.grant import OAuthGrant


def a_grant(life: float, **changes: Any) -> OAuthGrant:
    """Give a grant of second 1000 whose access token lasts so long."""
    usual: dict[str, Any] = {
        "id": "g",
        "refresh_token": "sealed",
        "scopes": ("users:read",),
        "obtained_at": 1000.0,
        "expires_at": 1000.0 + life,
    }
    return OAuthGrant(**{**usual, **changes})


@pytest.mark.parametrize(
    ("life", "age", "due", "expired"),
    [
        (7200, 6599, False, False),
        (7200, 6600, True, False),  # ten minutes before its end
        (7200, 7194, True, False),
        (7200, 7195, True, True),  # clocks may differ by five seconds
        (60, 39, False, False),
        (60, 40, True, False),  # a third of its life before its end
        (60, 55, True, True),
        (3, 2, True, False),
        (3, 2.8, True, True),
        (0, 0, True, True),
    ],
)
def test_a_token_is_renewed_well_before_its_end(life: float, age: float, due: bool, expired: bool) -> None:
    """Ten minutes before, or a third of its life where that is less."""
    grant = a_grant(life)

    assert (due, expired) == (grant.is_due(1000 + age), grant.has_expired(1000 + age))


def test_a_doubted_token_is_due_at_once() -> None:
    """Calendly refused it before its time."""
    assert a_grant(7200, doubted=True).is_due(1001)


def test_a_credential_is_read_back_with_its_grant() -> None:
    """And those that were stored before there were grants are read without one."""
    with_grant = Credential(id="acme", kind="oauth", token="sealed", grant=a_grant(7200))
    before = Credential(id="old", kind="personal_access_token", token="sealed")
    stored_before = {name: value for name, value in before.to_dict().items() if name != "grant"}

    assert with_grant == Credential.from_dict(with_grant.to_dict())
    assert before == Credential.from_dict(stored_before)


@pytest.mark.parametrize(
    ("grant", "connected"), [(None, False), (a_grant(1), True), (a_grant(1, ended="revoked"), False)]
)
def test_a_credential_is_connected_while_calendly_renews_its_grant(
    grant: OAuthGrant | None, connected: bool
) -> None:
    """A token that has run out is no reason: it is renewed."""
    assert connected == Credential(id="acme", kind="oauth", token="", grant=grant).connected


def test_a_credential_without_a_grant_is_stored_as_before_there_were_grants() -> None:
    """While processes are replaced one by one, those of the release before read it; and ours read what comes after."""
    credential = Credential(id="acme", kind="personal_access_token", token="sealed")

    stored = credential.to_dict()

    assert "grant" not in stored
    assert credential == Credential.from_dict({**stored, "of_a_later_release": 1})
