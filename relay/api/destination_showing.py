"""How a destination looks in answers, and as the document that a PATCH is laid over."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from relay.api.destination_building import Built
from relay.model.destination import CallbackSettings, Destination, InboundAuth, StandingDestination
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
    document = _settings(settings)
    document["inbound"] = {
        "url": f"{services.settings.inbound_base}/in/{settings.id}",
        "auth": _auth(settings.auth, made_inbound or MASK),
        **_inbound(settings),
    }
    if settings.callback is not None:
        document["callback"] = _callback(services, settings.callback, made_callback)
    return {
        **document,
        "state": standing.state,
        "paused_because": standing.paused_because or None,
        "created_at": iso(standing.created_at),
        "updated_at": iso(standing.updated_at),
        "activated_at": iso(standing.activated_at),
    }


def editable(standing: StandingDestination, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the document that `given` is laid over; secrets are KEPT.

    Where it names another kind of authentication, nothing of the old one is left to merge with.
    """
    settings = standing.settings
    document = _settings(settings)
    same_kind = auth_kind(given) in {None, settings.auth.kind}
    document["inbound"] = {
        **({"auth": _auth(settings.auth, KEPT)} if same_kind else {}),
        **_inbound(settings),
    }
    if settings.callback is not None:
        callback = settings.callback
        document["callback"] = {
            **_plain_callback(callback),
            "secret": KEPT,
            "previous_secret": KEPT if callback.previous_secret_at(time.time()) else None,
            "headers": dict.fromkeys(callback.headers, KEPT),
        }
    return {**document, "state": standing.state}


def auth_kind(given: Mapping[str, Any]) -> str | None:
    """Give the kind of authentication that a document names, if it names one."""
    inbound = given.get("inbound")
    auth = inbound.get("auth") if isinstance(inbound, dict) else None
    kind = auth.get("kind") if isinstance(auth, dict) else None
    return kind if isinstance(kind, str) else None


def _settings(settings: Destination) -> dict[str, Any]:
    """Give what nobody has to hide; an expression that is not set is null."""
    manual, batch = settings.manual, settings.batch
    return {
        "id": settings.id,
        "name": settings.name,
        "template": settings.template,
        "credential": settings.credential,
        "inbound": {},
        "mapping": dict(settings.shape.mapping),
        "constants": dict(settings.shape.constants),
        "exclude": list(settings.shape.exclude),
        "headers": dict(settings.headers),
        "manual": manual and {"method": manual.method, "url": manual.url, "format": manual.format},
        "batch": batch
        and {**asdict(batch), "attribute": batch.attribute or None, "wrap": batch.wrap or None},
        "partial": settings.partial,
        "dedupe": settings.shape.dedupe or None,
        "callback": None,
        "delivery": {**asdict(settings.delivery), "max_waiting": settings.delivery.max_waiting or None},
        "allow": {name: list(values) for name, values in settings.allow.items()},
        "when_inactive": settings.when_inactive,
        "retention": {**asdict(settings.retention), "days": settings.retention.days or None},
    }


def _inbound(settings: Destination) -> dict[str, Any]:
    return {"records": settings.shape.records or None, "when": settings.shape.when or None}


def _auth(auth: InboundAuth, secret: object) -> dict[str, Any]:
    if auth.kind == "basic":
        return {"kind": auth.kind, "username": auth.username, "password": secret}
    if auth.kind == "query":
        return {"kind": auth.kind, "parameter": auth.parameter, "key": secret}
    return {"kind": auth.kind, "key": secret}


def _plain_callback(callback: CallbackSettings) -> dict[str, Any]:
    return {"url": callback.url, "body": callback.body or None, "on": callback.on}


def stopped_because(services: Services, settings: Destination) -> str | None:
    """Say why nothing is sent to the callback URL any more; None while callbacks are sent."""
    callback = settings.callback
    if callback is None or not services.store.receivers.is_gone(settings.id, callback.url):
        return None
    return "The receiver answered 410. Save the destination, or send a callback again by hand, to ask it once more."


def _callback(services: Services, callback: CallbackSettings, made: str | None) -> dict[str, Any]:
    previous = callback.previous_secret_at(time.time())
    return {
        **_plain_callback(callback),
        "secret": made or _masked(services, callback.secret),
        "previous_secret": _masked(services, previous) if previous else None,
        "previous_until": iso(callback.previous_until) if previous else None,
        "headers": {name: _masked(services, value) for name, value in callback.headers.items()},
    }


def _masked(services: Services, sealed: str) -> str:
    try:
        return mask(services.store.vault.open(sealed))
    except CannotOpen:
        return MASK
