"""Who may hand records over."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask, g, request

from relay.errors import NotAuthenticated
from relay.inbound.authenticate import authenticate
from relay.model.destination import InboundAuth
from relay.web.keys import digest

KEY = "the-key-of-upstream"
USER = "crm"


def an_auth(kind: Any, **shape: str) -> InboundAuth:
    """Give a rule with that key."""
    return InboundAuth(kind=kind, salt="salt", digest=digest("salt", KEY), **shape)


def basic(text: str, encoding: str = "utf-8") -> dict[str, str]:
    """Give the header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(text.encode(encoding)).decode()}


BEARER, BASIC, QUERY = an_auth("bearer"), an_auth("basic", username=USER), an_auth("query", parameter="key")

RIGHT = [
    ("a bearer key", BEARER, "/", {"Authorization": f"Bearer {KEY}"}),
    ("a bearer key, the scheme in capitals", BEARER, "/", {"Authorization": f"BEARER {KEY}"}),
    ("user name and password", BASIC, "/", basic(f"{USER}:{KEY}")),
    ("the key in the query", QUERY, f"/?key={KEY}", {}),
    ("the key in the query, among others", QUERY, f"/?a=1&key={KEY}&b=2", {}),
]
WRONG = [
    ("nothing", BEARER, "/", {}),
    ("an empty bearer", BEARER, "/", {"Authorization": "Bearer "}),
    ("another key", BEARER, "/", {"Authorization": f"Bearer {KEY}x"}),
    ("the start of the key", BEARER, "/", {"Authorization": f"Bearer {KEY[:-1]}"}),
    ("the digest in place of the key", BEARER, "/", {"Authorization": f"Bearer {BEARER.digest}"}),
    ("a bearer with letters beyond ASCII", BEARER, "/", {"Authorization": "Bearer ü"}),
    ("the right key by another way", BEARER, f"/?token={KEY}", basic(f"{USER}:{KEY}")),
    ("no user name", BASIC, "/", basic(f":{KEY}")),
    ("another user name", BASIC, "/", basic(f"{USER}x:{KEY}")),
    ("another password", BASIC, "/", basic(f"{USER}:{KEY}x")),
    ("no colon", BASIC, "/", basic(USER)),
    ("what is not base64", BASIC, "/", {"Authorization": "Basic !!!"}),
    ("base64 with letters beyond ASCII", BASIC, "/", {"Authorization": "Basic ü"}),
    ("bytes that are no text", BASIC, "/", basic("ü:ü", "latin-1")),
    ("nothing in the query", QUERY, "/", {}),
    ("an empty key in the query", QUERY, "/?key=", {}),
    ("the key under another name", QUERY, f"/?token={KEY}", {}),
    ("the key twice", QUERY, f"/?key={KEY}&key={KEY}", {}),
    ("a wrong key and the right one", QUERY, f"/?key=x&key={KEY}", {}),
    ("a key with letters beyond UTF-8", QUERY, "/?key=%ff%fe", {}),
]


@pytest.mark.parametrize(
    ("auth", "path", "headers"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT]
)
def test_who_has_the_key_is_let_in(auth: InboundAuth, path: str, headers: dict[str, str]) -> None:
    """Each kind takes its key in its own place, and challenges nobody who shows it."""
    with Flask("test").test_request_context(path, method="POST", headers=headers):
        authenticate(request, auth)
        challenge = g.get("challenge")

    assert None is challenge


@pytest.mark.parametrize(
    ("auth", "path", "headers"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_who_has_it_not_is_told_how_to_show_it(auth: InboundAuth, path: str, headers: dict[str, str]) -> None:
    """The answer names the way and the challenge, never what was sent."""
    with Flask("test").test_request_context(path, method="POST", headers=headers):
        with pytest.raises(NotAuthenticated) as refusal:
            authenticate(request, auth)

        assert g.challenge.lower().startswith(auth.kind)
    assert KEY not in refusal.value.detail
