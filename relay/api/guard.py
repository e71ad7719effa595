"""Who may manage the relay and how far, and the log of what they changed."""

from __future__ import annotations

import time

import structlog
from flask import Response, g, request

from relay.api.named import shown
from relay.api.scopes import needed_scope
from relay.errors import NotAllowed, NotAuthenticated, StoreUnavailable
from relay.model.admin_key import ROOT, AdminKey
from relay.web.answers import iso
from relay.web.gate import after_answer
from relay.web.headers import elapsed
from relay.web.keys import bearer, digest_of_secret, named, same
from relay.web.scout import SILENCE
from relay.web.services import services

READS = frozenset({"GET", "HEAD"})
ROUTE = "api"  # under which wrong keys are counted
WITHOUT_REDIS = frozenset(
    {"api.templates.list_templates", "api.templates.show_template", "api.keys.show_mine"}
)
USE_IS_NOTED = 60.0  # seconds after which a key's use is noted again
EXPIRES = "X-Key-Expires"

log = structlog.get_logger()


def begin_event() -> None:
    """Open the request's one event in the log."""
    g.event = {}


def ask_for_key() -> None:
    """Raise NotAuthenticated unless the request carries a key that is good, NotAllowed unless its scope covers this."""
    with services().gate.watch(request, ROUTE):
        g.key = _key_of(bearer(request.headers.get("Authorization")))
    needed = needed_scope(request.endpoint or "")
    if not g.key.may(needed):
        raise NotAllowed(
            f"This takes a key with the scope {needed}; “{g.key.name}” has the scope {g.key.scope}."
        )
    if services().scout.silent() and request.endpoint not in WITHOUT_REDIS:
        services().ask_redis()


def tell_expiry(answer: Response) -> Response:
    """Say on each answer when the key that was shown ends, in its last seven days."""
    key: AdminKey | None = g.get("key")
    if key is not None and key.expires_soon(time.time()):
        answer.headers[EXPIRES] = iso(key.expires_at) or ""
    return answer


def suspect_redis(answer: Response) -> Response:
    """Take note of a Redis that this request waited for in vain, so that those behind it do not."""
    if g.get("problem") == StoreUnavailable.code and elapsed() > SILENCE * 1000:
        services().scout.suspect()
    return answer


def log_change(answer: Response) -> Response:
    """Write one event for each write: who did which, on what, and what became of it, without what was sent."""
    if request.method in READS:
        return answer
    refused = answer.status_code >= 400
    key: AdminKey | None = g.get("key")
    log.info(
        "api.refused" if refused else "api.changed",
        request_id=g.request_id,
        **({"who": key.name} if key else {}),
        **({"key": key.id} if key and key.id else {}),
        action=(request.endpoint or "").removeprefix("api."),
        **{name: shown(value, answer.status_code) for name, value in (request.view_args or {}).items()},
        **g.event,
        status=answer.status_code,
        **({"problem": g.get("problem", "")} if refused else {}),
        ms=elapsed(),
    )
    return answer


def _key_of(shown: bytes) -> AdminKey:
    """Give the key that was shown; raises NotAuthenticated. RELAY_ADMIN_KEY needs no Redis to be known."""
    # Each is compared, whatever the first one says.
    if any([same(shown, key) for key in services().settings.admin_keys]):  # noqa: C419
        return ROOT
    parts = named(shown)
    key = _find(parts[0]) if parts else None
    secret = parts[1] if parts else b""
    right = same(digest_of_secret(secret), key.digest if key else "")
    if key is None or not right:
        raise NotAuthenticated("This address asks for the header “Authorization: Bearer” with an admin key.")
    if key.expired(time.time()):
        raise NotAuthenticated(f"The key “{key.name}” ended at {iso(key.expires_at)}; ask for another one.")
    _note_use(key)
    return key


def _find(identifier: str) -> AdminKey | None:
    with services().scout.sent():
        return services().store.admin_keys.find(identifier)


def _note_use(key: AdminKey) -> None:
    if time.time() - key.last_used_at < USE_IS_NOTED:
        return
    admin_keys = services().store.admin_keys

    def note() -> None:
        try:
            admin_keys.note_use(key.id)
        except StoreUnavailable as exc:
            log.warning("keys.use_not_noted", key=key.id, exc_info=exc)

    after_answer(note)
