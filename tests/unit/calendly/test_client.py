"""Asking Calendly: which address, which token, which body; and looking at what stands after a refusal."""

from __future__ import annotations

import pytest

from relay.calendly import Me, TokenRefused
from relay.errors import CalendlyTrouble
from relay.model.call import Answer, Call, NotSent, Outcome, Silence
from relay.model.credential import Credential
from tests.unit.calendly.fakes import REAL, calendly_that

SANDBOX = Credential(id="play", kind="sandbox", token="sealed")


def done(*_: str) -> Outcome:
    """Answer with success."""
    return Answer(201, {}, {"resource": {}})


def test_a_call_carries_the_token_and_json() -> None:
    """The body is JSON, and the token is in the one header that is for it."""
    calendly, fake = calendly_that(done)

    outcome = calendly.send(
        REAL, "t0ken", Call("POST", "/scheduling_links", {"owner": "é", "max_event_count": 1})
    )

    assert done() == outcome
    assert [
        (
            "POST",
            "https://api.calendly.com/scheduling_links",
            {
                "Authorization": "Bearer t0ken",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
            b'{"owner":"\\u00e9","max_event_count":1}',
        )
    ] == fake.asked


def test_a_call_without_a_body_says_nothing_of_one() -> None:
    """A DELETE has neither body nor Content-Type; an empty object is a body."""
    calendly, fake = calendly_that(done)

    calendly.send(REAL, "t", Call("DELETE", "/x"))
    calendly.send(REAL, "t", Call("POST", "/x", {}))

    assert [(None, False), (b"{}", True)] == [
        (body, "Content-Type" in headers) for _, _, headers, body in fake.asked
    ]


def test_each_kind_of_credential_has_its_own_address() -> None:
    """A real token never reaches the sandbox, and the sandbox's never Calendly."""
    calendly, fake = calendly_that(done)
    call = Call("GET", "/users/me")

    calendly.send(REAL, "t", call)
    calendly.send(SANDBOX, "t", call)

    assert ["https://api.calendly.com/users/me", "http://sandbox.example:8001/users/me"] == [
        url for _, url, _, _ in fake.asked
    ]
    assert "http://sandbox.example:8001/users/me" == calendly.request_url(SANDBOX, call)


def test_without_a_sandbox_its_credentials_send_nothing() -> None:
    """It is said, and no later try is promised."""
    calendly, fake = calendly_that(done, sandbox_url="")

    outcome = calendly.send(SANDBOX, "t", Call("GET", "/users/me"))

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden
    assert [] == fake.asked


USER = {"uri": "https://x/users/U", "current_organization": "https://x/organizations/O", "name": "Ann"}


def test_me_tells_user_and_organization() -> None:
    """A token alone does not say for whom it acts."""
    calendly, _ = calendly_that(lambda *_: Answer(200, {}, {"resource": USER}))

    assert Me("https://x/users/U", "https://x/organizations/O", "Ann") == calendly.me(REAL, "t")


def test_a_token_that_calendly_refuses() -> None:
    """The error says what Calendly said, and never the token."""
    calendly, _ = calendly_that(lambda *_: Answer(401, {}, {"title": "Unauthenticated", "message": "No."}))

    with pytest.raises(TokenRefused) as refused:
        calendly.me(REAL, "t0ken")

    assert "Calendly refuses this token: 401 Unauthenticated: No." == refused.value.detail


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent("no way"),
        Silence("no answer"),
        Answer(500),
        Answer(429),
        Answer(403, {}, {"title": "Insufficient scope", "message": "No.", "required_scopes": ["users:read"]}),
        Answer(302),
        Answer(200, {}, "<html>"),
        Answer(200, {}, {"resource": None}),
        Answer(200, {}, {"resource": {"uri": "https://x/users/U"}}),
        Answer(200, {}, {"resource": {"uri": 7, "current_organization": []}}),
    ],
)
def test_no_useful_answer_about_me(outcome: Outcome) -> None:
    """That is trouble with Calendly, and says nothing against the token."""
    calendly, _ = calendly_that(lambda *_: outcome)

    with pytest.raises(CalendlyTrouble) as trouble:
        calendly.me(REAL, "t0ken")

    assert not isinstance(trouble.value, TokenRefused)
    assert "t0ken" not in trouble.value.detail


def test_a_body_that_is_no_json_is_never_sent() -> None:
    """NaN would be refused by everybody; it is a fault of ours, and loud."""
    calendly, fake = calendly_that(done)

    with pytest.raises(ValueError):
        calendly.send(REAL, "t", Call("POST", "/x", {"a": float("nan")}))

    assert [] == fake.asked
