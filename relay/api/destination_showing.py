"""How a destination looks in answers, and as the document that a PATCH is laid over."""

from __future__ import annotations

from typing import Any

from relay.api.destination_building import Built
from relay.model.destination import Destination, InboundAuth, StandingDestination
from relay.model.masks import MASK
from relay.store.vault import CannotOpen
from relay.web.answers import iso
from relay.web.masks import KEPT, mask
from relay.web.services import Services


def show(services: Services, standing: StandingDestination, built: Built | None = None) -> dict[str, Any]:
    """Give the destination as answers show it: secrets masked, except those that were made for it just now."""
    settings = standing.settings
    made_inbound = built.inbound_secret if built else None
    made_callback = built.callback_secret if built else None
    return {
        "id": settings.id,
        "name": settings.name,
        "template": settings.template,
        "credential": settings.credential,
        "inbound": {
            "url": f"{services.settings.inbound_base}/in/{settings.id}",
            "auth": _auth(settings.auth, made_inbound or MASK),
        },
        "callback": _callback(services, settings, made_callback),
        "delivery": settings.to_dict()["delivery"],
        "allow": settings.to_dict()["allow"],
        "when_inactive": settings.when_inactive,
        "state": standing.state,
        "paused_because": standing.paused_because or None,
        "created_at": iso(standing.created_at),
        "updated_at": iso(standing.updated_at),
        "activated_at": iso(standing.activated_at),
    }


def editable(standing: StandingDestination, kind: str | None = None) -> dict[str, Any]:
    """Give the document that a PATCH is laid over; secrets are KEPT.

    Where the PATCH names another `kind` of authentication, nothing of the old one is left to merge with.
    """
    settings = standing.settings
    callback = settings.callback and {"url": settings.callback.url, "secret": KEPT}
    same_kind = kind in {None, settings.auth.kind}
    document = settings.to_dict()
    del document["auth"]
    return {
        **document,
        "inbound": {"auth": _auth(settings.auth, KEPT)} if same_kind else {},
        "callback": callback,
        "state": standing.state,
    }


def _auth(auth: InboundAuth, secret: object) -> dict[str, Any]:
    if auth.kind == "basic":
        return {"kind": auth.kind, "username": auth.username, "password": secret}
    if auth.kind == "query":
        return {"kind": auth.kind, "parameter": auth.parameter, "key": secret}
    return {"kind": auth.kind, "key": secret}


def _callback(services: Services, settings: Destination, made: str | None) -> dict[str, Any] | None:
    if settings.callback is None:
        return None
    try:
        shown = made or mask(services.store.vault.open(settings.callback.secret))
    except CannotOpen:
        shown = MASK
    return {"url": settings.callback.url, "secret": shown}
