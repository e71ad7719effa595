"""Reading what the token endpoint answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.model.call import Answer, NotSent, Outcome, Silence
from relay.oauth.answers import GrantRefused, Tokens, Unanswered, read_tokens

PAIR = {
    "token_type": "Bearer",
    "access_token": "an-access-token",
    "refresh_token": "a-refresh-token",
    "scope": "users:read scheduled_events:write",
    "created_at": 1_790_000_000,
    "expires_in": 7200,
    "owner": "https://api.calendly.com/users/U",
    "organization": "https://api.calendly.com/organizations/O",
}
SENT = "the-refresh-token-that-was-sent"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BODIES = (
    st.fixed_dictionaries({}, optional={name: JSON | st.just(value) for name, value in PAIR.items()}) | JSON
)


def told(outcome: Outcome) -> Any:
    """Read an outcome of a call that sent SENT."""
    return read_tokens(outcome, [SENT, ""])


def test_a_whole_answer_is_a_pair() -> None:
    """With whom it acts for."""
    expected = Tokens(
        "an-access-token",
        "a-refresh-token",
        7200.0,
        ("users:read", "scheduled_events:write"),
        "https://api.calendly.com/users/U",
        "https://api.calendly.com/organizations/O",
    )

    assert expected == told(Answer(200, {}, PAIR))


@pytest.mark.parametrize(
    ("given_life", "life"),
    [
        *[(60, 60.0), (1.5, 1.5), (10**12, 2592000.0)],
        *[(given, 7200.0) for given in (0, -1, "60", None, True, float("inf"), float("nan"))],
    ],
)
def test_a_life_that_makes_no_sense_is_the_usual_one(given_life: object, life: float) -> None:
    """Two hours."""
    assert life == told(Answer(200, {}, {**PAIR, "expires_in": given_life})).life


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "line\r\nInjected: yes"},
        {"access_token": 7},
        {"access_token": "é"},
        {"access_token": "x" * 8193},
        {"refresh_token": "a b"},
        {"refresh_token": None},
        {"token_type": "mac"},
        {"token_type": 1},
    ],
)
def test_an_answer_that_cannot_be_used_may_have_used_up_the_token(change: dict[str, object]) -> None:
    """Nobody knows what became of the call."""
    assert Unanswered("its answer was of no use", known=False) == told(Answer(200, {}, {**PAIR, **change}))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (NotSent("no way"), Unanswered("no way", known=True)),
        (Silence("no word"), Unanswered("no word", known=False)),
        (Answer(400, {}, {"error": "invalid_grant"}), GrantRefused("400 invalid_grant")),
        (
            Answer(401, {}, {"error": "invalid_grant", "error_description": " it\nwas  revoked "}),
            GrantRefused("401 invalid_grant: it was revoked"),
        ),
        (Answer(400, {}, {"error": "invalid_request"}), Unanswered("400 invalid_request", known=True)),
        (Answer(404, {}, "<html>"), Unanswered("404", known=True)),
        (Answer(429, {}, {}), Unanswered("429", known=True, wait=60.0)),
        (Answer(429, {"retry-after": "7"}, {}), Unanswered("429", known=True, wait=7.0)),
        (Answer(500, {}, {"error": "invalid_grant"}), Unanswered("500 invalid_grant", known=False)),
        (Answer(503, {"retry-after": "9"}, None), Unanswered("503", known=False, wait=9.0)),
        (Answer(302, {}, None), Unanswered("302", known=False)),
        (Answer(400, {}, {"error": "<b>"}), Unanswered("400", known=True)),
    ],
)
def test_what_came_is_told_by_what_follows_from_it(outcome: Outcome, expected: object) -> None:
    """Only `invalid_grant` ends a grant; after anything but a refusal the token may be used up."""
    assert expected == told(outcome)


def test_a_wrong_app_is_pointed_out_by_its_settings() -> None:
    """It is the relay's own fault."""
    assert "CALENDLY_CLIENT_SECRET" in told(Answer(401, {}, {"error": "invalid_client"})).reason


def test_a_description_that_repeats_what_was_sent_is_left_out() -> None:
    """These words are shown to people."""
    body = {"error": "invalid_grant", "error_description": f"token {SENT} is used"}

    assert GrantRefused("400 invalid_grant") == told(Answer(400, {}, body))


@given(status=st.integers(100, 599), body=BODIES)
def test_no_answer_is_too_strange(status: int, body: Any) -> None:
    """It is read as one of three things, and never shows the token that was sent."""
    found = told(Answer(status, {}, body))

    assert isinstance(found, Tokens | GrantRefused | Unanswered)
    assert SENT not in repr(found)


def test_tokens_do_not_show_in_tracebacks() -> None:
    """Nobody sees them by accident."""
    assert "token" not in repr(told(Answer(200, {}, PAIR))).replace("Tokens", "")
