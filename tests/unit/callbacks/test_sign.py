"""Standard Webhooks: the signature that receivers verify, and the secrets behind it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from relay.callbacks import Opened, check_secret, new_secret, send_callback, signed_headers
from relay.model.call import Answer, Outcome

KNOWN_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()


def test_the_signature_is_the_one_that_the_standard_asks_for() -> None:
    """Worked out by hand once, with openssl, over id.timestamp.body."""
    headers = signed_headers([KNOWN_SECRET], "cb_1", b'{"a":1}', datetime(2026, 11, 22, 16, tzinfo=UTC))

    assert {
        "webhook-id": "cb_1",
        "webhook-timestamp": "1795363200",
        "webhook-signature": "v1,Nv13WvQxLb5Qsnv/7WZsRQac2P5prSWdGdZjzzuSjZM=",
    } == headers


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=9, minutes=30)), timezone(timedelta(hours=-8))]
)
def test_receivers_can_verify_it(zone: timezone) -> None:
    """With the standard's own library, whatever zone our clock is in."""
    secret, body = new_secret(), '{"name":"Zoë"}'.encode()

    headers = signed_headers([secret], "cb_1", body, datetime.now(zone))

    assert {"name": "Zoë"} == Webhook(secret).verify(body, headers)


def test_while_secrets_rotate_either_verifies() -> None:
    """A receiver that still has the old secret takes the callback, and so does one that has the new one already."""
    new, old, body = new_secret(), new_secret(), b'{"a":1}'

    headers = signed_headers([new, old], "cb_1", body, datetime.now(UTC))

    assert [{"a": 1}] * 2 == [Webhook(secret).verify(body, headers) for secret in (new, old)]
    assert ["v1", "v1"] == [each.partition(",")[0] for each in headers["webhook-signature"].split(" ")]


def test_a_changed_body_does_not_verify() -> None:
    """Nor does one that is signed with another secret."""
    secret = new_secret()
    headers = signed_headers([secret], "cb_1", b"{}", datetime.now(UTC))

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b"[]", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b"{}", headers)


def test_new_secrets_are_sound_and_never_the_same() -> None:
    """Each is a secret that we would take from somebody else."""
    secrets = {check_secret(new_secret()) for _ in range(100)}

    assert 100 == len(secrets)


def _secret(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


@pytest.mark.parametrize("length", [24, 32, 64])
def test_secrets_of_the_standards_lengths_are_taken(length: int) -> None:
    """From 24 to 64 bytes."""
    assert _secret(length) == check_secret(_secret(length))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        _secret(23),
        _secret(65),
        _secret(32).removeprefix("whsec_"),
        _secret(32).upper(),
        _secret(32) + "!",
        _secret(32) + "\n",
        _secret(32)[:-1],
        "whsec_" + "é" * 32,
        "whsec_ " + "A" * 32,
        "whsec_" + "_-" * 16,
    ],
)
def test_other_secrets_are_refused_without_being_shown(text: str) -> None:
    """The sentence says what would be right."""
    with pytest.raises(ValueError) as refused:
        check_secret(text)

    assert "should be whsec_ and then 24 to 64 random bytes in base64" == str(refused.value)
    assert refused.value.__cause__ is None


@given(st.text())
def test_any_text_is_a_sound_secret_or_refused(text: str) -> None:
    """Nothing but ValueError comes out, and what is taken can sign."""
    for candidate in (text, "whsec_" + text):
        try:
            secret = check_secret(candidate)
        except ValueError:
            continue
        assert signed_headers([secret], "cb", b"{}", datetime.now(UTC))


@dataclass
class Receiver:
    """A receiver as a function; it remembers what came."""

    got: list[tuple[str, str, dict[str, str], bytes | None, float]] = field(default_factory=list)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Outcome:
        """Remember and answer 200."""
        self.got.append((method, url, dict(headers), body, timeout))
        return Answer(200)


def test_a_callback_is_posted_as_signed_json() -> None:
    """One POST, with the bytes that were signed."""
    receiver, secret, now = Receiver(), new_secret(), datetime.now(UTC)

    outcome = send_callback(
        receiver, "https://crm.example/h", Opened((secret,)), "cb_1", b"{}", timeout=15, now=now
    )

    ((method, url, headers, body, timeout),) = receiver.got
    assert Answer(200) == outcome
    assert ("POST", "https://crm.example/h", b"{}", 15) == (method, url, body, timeout)
    assert "application/json" == headers["Content-Type"]
    assert {} == Webhook(secret).verify(b"{}", headers)


def test_the_headers_of_a_destination_go_along_and_replace_none_of_the_relays() -> None:
    """However they are written: what signs, and what the body is, is the relay's to say."""
    added = {
        "Authorization": "Bearer t",
        "X-Team": "revops",
        "WEBHOOK-ID": "forged",
        "content-type": "text/xml",
    }
    receiver, secret = Receiver(), new_secret()

    send_callback(
        receiver,
        "https://crm.example/h",
        Opened((secret,), added),
        "cb_1",
        b"{}",
        timeout=15,
        now=datetime.now(UTC),
    )

    ((_, _, headers, _, _),) = receiver.got
    assert ("Bearer t", "revops") == (headers["Authorization"], headers["X-Team"])
    assert ("cb_1", "application/json") == (headers["webhook-id"], headers["Content-Type"])
    assert 6 == len(headers)


def test_what_is_opened_shows_nothing_of_itself() -> None:
    """Neither in a log nor in a traceback."""
    opened = Opened(("whsec_planted",), {"Authorization": "planted"})

    assert "planted" not in repr(opened)


def test_the_id_stays_and_the_time_moves_on_a_repeat() -> None:
    """Receivers know a repeat by its id; the signature is fresh, so that its age is no reason to refuse it."""
    receiver, secret, now = Receiver(), new_secret(), datetime.now(UTC)

    for later in (0, 3600):
        moment = now + timedelta(seconds=later)
        send_callback(
            receiver, "https://crm.example/h", Opened((secret,)), "cb_1", b"{}", timeout=15, now=moment
        )

    first, second = (headers for _, _, headers, _, _ in receiver.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert 3600 == int(second["webhook-timestamp"]) - int(first["webhook-timestamp"])
    assert first["webhook-signature"] != second["webhook-signature"]
