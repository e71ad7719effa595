"""A destination's callback over HTTP: try it with a sample, and rotate the secret that signs it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, get_args

from flask import Blueprint, Response, jsonify, request

from relay.api.callback_testing import callback_of, send_sample
from relay.api.destination_building import Built
from relay.api.destination_showing import show
from relay.api.waiting import a_place
from relay.callbacks import CallbackType, check_secret, new_secret
from relay.errors import Conflict, UnknownDestination
from relay.model.destination import CallbackSettings, StandingDestination
from relay.store.vault import CannotOpen
from relay.web.body import read_object
from relay.web.documents import Document, OneOf, Whole, YesNo, fault, load
from relay.web.keys import same
from relay.web.masks import Secret
from relay.web.services import services
from relay.web.slugs import is_slug

MINUTE, DAY = 60, 86_400  # seconds

callbacks = Blueprint("callbacks", __name__, url_prefix="/destinations/<identifier>/callback")


class SampleDocument(Document):
    """Which callback to send a sample of."""

    type = OneOf(*get_args(CallbackType), load_default="delivery.delivered")


class RotationDocument(Document):
    """The new secret, made where it is left out, and for how long the present one signs as well."""

    secret = Secret(shortest=1, longest=200)
    keep_previous_for = Whole(MINUTE, 30 * DAY, load_default=None)
    replace = YesNo(load_default=False)


@callbacks.post("/test")
def try_callback(identifier: str) -> Response:
    """Send one sample callback now, also for a draft, and give what was sent and what the receiver answered."""
    standing = _find(identifier)
    given = load(SampleDocument(), _body(), "test")
    with a_place(services()):
        return jsonify(send_sample(services(), standing.settings, given["type"]))


@callbacks.post("/rotate")
def rotate_secret(identifier: str) -> Response:
    """Sign with a new secret from now on, and with the present one as well. A secret that is made is shown this once."""
    standing = _find(identifier)
    given = load(RotationDocument(), _body(), "rotation")
    callback = callback_of(standing.settings)
    if callback.previous_secret_at(time.time()) and not given["replace"]:
        raise Conflict(
            "Its callbacks are signed with two secrets already. End that with PATCH "
            '{"callback": {"previous_secret": null}}, or send {"replace": true} to drop the older one.'
        )
    made = None if "secret" in given else new_secret()
    present = _present(callback)
    secret = made or _checked(given["secret"], present)
    kept = given["keep_previous_for"]
    rotated = replace(
        callback,
        secret=services().store.vault.seal(secret),
        previous_secret=callback.secret if present else "",
        previous_until=time.time() + kept if kept and present else 0.0,
    )
    settings = replace(standing.settings, callback=rotated)
    changed = services().store.destinations.replace(settings, standing.revision)
    return jsonify(show(services(), changed, Built(changed.settings, callback_secret=made)))


def _checked(secret: str, present: str | None) -> str:
    try:
        check_secret(secret)
    except ValueError as exc:
        raise fault("#/secret", str(exc)) from exc
    if present is not None and same(secret, present):
        raise fault("#/secret", "should be another one than the present secret")
    return secret


def _present(callback: CallbackSettings) -> str | None:
    """Give the present secret; None where no key opens it any more, and it could sign nothing."""
    try:
        return services().store.vault.open(callback.secret)
    except CannotOpen:
        return None


def _find(identifier: str) -> StandingDestination:
    if not is_slug(identifier):
        raise UnknownDestination
    return services().store.destinations.get(identifier)


def _body() -> dict[str, Any]:
    return read_object(request, services().settings.max_body_bytes, optional=True)
