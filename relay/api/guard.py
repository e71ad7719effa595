"""Who may manage the relay, and the log of what they changed."""

from __future__ import annotations

import structlog
from flask import Response, g, request

from relay.errors import NotAuthenticated
from relay.web.headers import elapsed
from relay.web.keys import bearer, same
from relay.web.services import services

ADMIN = "admin"  # who it is, as the audit says; there is one key so far
SHOWN = 64  # characters of what an address names; anybody may put anything there
READS = frozenset({"GET", "HEAD"})

log = structlog.get_logger()


def begin_event() -> None:
    """Open the request's one event in the log."""
    g.event = {}


def ask_for_admin_key() -> None:
    """Raise NotAuthenticated unless the request carries the admin key, compared in constant time."""
    if not same(bearer(request.headers.get("Authorization")), services().settings.admin_key):
        raise NotAuthenticated("This address asks for the header “Authorization: Bearer” with the admin key.")
    g.who = ADMIN


def log_change(answer: Response) -> Response:
    """Write one event for each write: which, on what, and what became of it, without what was sent."""
    if request.method in READS:
        return answer
    refused = answer.status_code >= 400
    log.info(
        "api.refused" if refused else "api.changed",
        request_id=g.request_id,
        action=(request.endpoint or "").removeprefix("api."),
        **{name: str(value)[:SHOWN] for name, value in (request.view_args or {}).items()},
        **g.event,
        status=answer.status_code,
        **({"problem": g.get("problem", "")} if refused else {}),
        ms=elapsed(),
    )
    return answer
