"""What is sent to the authorization server, and where to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from relay.config import Settings
from relay.model.call import Answer, Outcome
from relay.oauth import AuthorizationServer
from relay.oauth.pkce import challenge_of, new_verifier


@dataclass
class Door:
    """A door that answers 200 and remembers what left through it."""

    sent: list[tuple[str, str, dict[str, str], dict[str, list[str]], float]] = field(default_factory=list)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Outcome:
        """Remember and answer."""
        form = parse_qs((body or b"").decode(), strict_parsing=True)
        self.sent.append((method, url, dict(headers), form, timeout))
        return Answer(200, {}, {})


def server_with(**changes: Any) -> tuple[AuthorizationServer, Door]:
    """Give the way to the server and its door."""
    usual: dict[str, Any] = {
        "redis_url": "",
        "secret_keys": (),
        "admin_key": "",
        "client_id": "an id",
        "client_secret": "s:cr&t",
        "public_url": "https://relay.example/base",
    }
    door = Door()
    return AuthorizationServer(Settings(**{**usual, **changes}), door), door


def test_a_code_is_exchanged_with_its_verifier_and_basic_authentication() -> None:
    """Id and secret are escaped before they are joined, as RFC 6749 says."""
    server, door = server_with()

    server.exchange("c0de", "verifier")

    ((method, url, headers, form, timeout),) = door.sent
    assert ("POST", "https://auth.calendly.com/oauth/token", 20.0) == (method, url, timeout)
    assert base64.b64encode(b"an%20id:s%3Acr%26t").decode() == headers["Authorization"].removeprefix("Basic ")
    assert "application/x-www-form-urlencoded" == headers["Content-Type"]
    assert {
        "grant_type": ["authorization_code"],
        "code": ["c0de"],
        "redirect_uri": ["https://relay.example/base/console/connect"],
        "code_verifier": ["verifier"],
    } == form


def test_a_grant_is_renewed_with_its_refresh_token() -> None:
    """And nothing else in the form."""
    server, door = server_with()

    server.renew("refresh&token")

    assert {"grant_type": ["refresh_token"], "refresh_token": ["refresh&token"]} == door.sent[0][3]


def test_a_token_is_revoked_with_id_and_secret_in_the_form() -> None:
    """As Calendly documents it, and in a short time: somebody waits."""
    server, door = server_with()

    done = server.revoke("t0ken")

    ((method, url, headers, form, timeout),) = door.sent
    assert (True, "POST", "https://auth.calendly.com/oauth/revoke", 5.0) == (done, method, url, timeout)
    assert "Authorization" not in headers
    assert {"client_id": ["an id"], "client_secret": ["s:cr&t"], "token": ["t0ken"]} == form


def test_the_page_of_consent_is_on_the_configured_server() -> None:
    """Everything in its address is escaped."""
    server, door = server_with(calendly_auth_url="http://127.0.0.1:8001")

    parts = urlsplit(server.authorize_url("st&te", "ch"))

    assert ("127.0.0.1:8001", "/oauth/authorize", []) == (parts.netloc, parts.path, door.sent)
    assert ["st&te"] == parse_qs(parts.query)["state"]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, ()),
        ({"client_id": ""}, ("CALENDLY_CLIENT_ID",)),
        ({"client_id": "", "client_secret": ""}, ("CALENDLY_CLIENT_ID", "CALENDLY_CLIENT_SECRET")),
    ],
)
def test_missing_settings_are_named(changes: dict[str, str], missing: tuple[str, ...]) -> None:
    """As they are called in the environment."""
    assert missing == server_with(**changes)[0].missing


def test_the_challenge_is_that_of_rfc_7636() -> None:
    """Its appendix B has this example."""
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == challenge_of(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )


def test_verifiers_are_long_and_never_the_same() -> None:
    """Between the 43 and the 128 letters that the RFC asks for."""
    verifiers = {new_verifier() for _ in range(100)}

    assert (100, {43}) == (len(verifiers), set(map(len, verifiers)))
