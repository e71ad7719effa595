"""The pages for people: callbacks that arrived, calls that were made, and ids to try.

They only read, need no script, and show at most the last hundred rows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from itertools import islice

from flask import Blueprint, Response, current_app, make_response, render_template, request

from sandbox.access import plan_of
from sandbox.entities import Token
from sandbox.journal import Entry
from sandbox.receiver import Callback
from sandbox.simulator import Simulator
from sandbox.snapshot import snapshot
from sandbox.state import State

SHOWN_ROWS = 100
REFRESH_SECONDS = 5

pages = Blueprint("pages", __name__)


@pages.get("/")
def callbacks() -> Response:
    """Show what the built-in receiver got, newest first."""
    receiver = _simulator().receiver
    rows = [_callback_row(callback) for callback in islice(receiver.callbacks(), SHOWN_ROWS)]
    return _page("callbacks.html", rows=rows, total=sum(receiver.received().values()))


@pages.get("/calls")
def calls() -> Response:
    """Show the API calls, newest first."""
    journal = _simulator().journal
    rows = [_call_row(entry) for entry in islice(reversed(journal.entries()), SHOWN_ROWS)]
    return _page("calls.html", rows=rows, counts=journal.counts())


@pages.get("/try")
def things() -> Response:
    """Show what is there to try things with: tokens, events, people."""
    simulator = _simulator()
    with simulator.state.lock:
        known = islice(simulator.state.tokens.values(), SHOWN_ROWS)
        tokens = [_token_row(simulator.state, token) for token in known]
        world = snapshot(simulator.state)
    return _page("try.html", tokens=tokens, world=world, most=SHOWN_ROWS)


def _simulator() -> Simulator:
    found: Simulator = current_app.extensions["simulator"]
    return found


def _page(name: str, **values: object) -> Response:
    nonce = secrets.token_urlsafe(16)
    address = request.host_url.rstrip("/")
    page = render_template(
        name, nonce=nonce, refresh=REFRESH_SECONDS, address=address, most_rows=SHOWN_ROWS, **values
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _callback_row(callback: Callback) -> dict[str, object]:
    """Pick out of a callback what a glance should show, whatever its shape."""
    data = _within(callback.parsed, "data")
    return {
        "callback": callback,
        "type": _within(callback.parsed, "type"),
        "delivery": _within(data, "delivery"),
        "template": _within(data, "template"),
        "destination": _within(data, "destination"),
        "status": _within(_within(data, "response"), "status"),
        "link": _link(
            _within(_within(_within(_within(data, "response"), "body"), "resource"), "booking_url")
        ),
        "text": _pretty(callback.parsed) if callback.parsed is not None else callback.body,
    }


def _call_row(entry: Entry) -> dict[str, object]:
    return {"entry": entry, "sent": _pretty_text(entry.body), "answer": _pretty(entry.answer)}


def _token_row(state: State, token: Token) -> dict[str, object]:
    return {
        "value": token.value,
        "user": token.user.name,
        "role": state.membership_of(token.user).role,
        "plan": plan_of(state, token),
        "scopes": None if token.scopes is None else sorted(token.scopes),
    }


def _within(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _link(value: object) -> str | None:
    """Only an address on the web becomes a link; anything else stays text."""
    return value if isinstance(value, str) and value.startswith("https://") else None


def _pretty(value: object) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _pretty_text(text: str) -> str:
    try:
        return _pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text
