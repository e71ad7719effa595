"""Keys over HTTP: make, list, rename, prolong and revoke. A key is shown once, in the answer that makes it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for

from relay.api.deeds import remember
from relay.api.key_documents import KeyDocument, editable, show
from relay.model.admin_key import AdminKey
from relay.web.body import read_object
from relay.web.documents import fault, load
from relay.web.keys import new_named_key
from relay.web.merging import merge
from relay.web.services import services

keys = Blueprint("keys", __name__, url_prefix="/keys")

CHANGEABLE = ("name", "expires_at")
LONGEST = 100 * 366 * 24 * 3600.0  # seconds that a key with an end may live


@keys.get("")
def list_keys() -> Response:
    """Give every key, by name, those that have ended among them."""
    return jsonify(keys=[show(each) for each in services().store.admin_keys.all()])


@keys.post("")
def create_key() -> tuple[Response, int, dict[str, str]]:
    """Make a key, and show it in this answer only."""
    document = load(KeyDocument(), _body(), "key")
    _check_end(document["expires_at"])
    identifier, key, digest = new_named_key()
    g.event["identifier"] = identifier
    made = services().store.admin_keys.create(
        AdminKey(
            id=identifier,
            name=document["name"],
            scope=document["scope"],
            digest=digest,
            expires_at=document["expires_at"] or 0.0,
        )
    )
    remember(name=made.name, scope=made.scope)
    place = url_for("api.keys.show_key", identifier=identifier)
    return jsonify(show(made, key)), 201, {"Location": place}


@keys.get("/mine")
def show_mine() -> Response:
    """Give the key that this request carries."""
    return jsonify(show(g.key))


@keys.get("/<identifier>")
def show_key(identifier: str) -> Response:
    """Give one key."""
    return jsonify(show(services().store.admin_keys.get(identifier)))


@keys.patch("/<identifier>")
def change_key(identifier: str) -> Response:
    """Give a key another name, or another end; null takes the end away. What a key may do stays as it was made."""
    given = _body()
    standing = services().store.admin_keys.get(identifier)
    before = editable(standing)
    document = load(KeyDocument(), merge(before, given), "key")
    if document["scope"] != standing.scope:
        raise fault("#/scope", "cannot be changed; make another key, and revoke this one")
    changed = [name for name in CHANGEABLE if name in given and given[name] != before[name]]
    if "expires_at" in changed:
        _check_end(document["expires_at"])
    asked: dict[str, Any] = {name: document[name] or 0.0 for name in changed}
    stored = services().store.admin_keys.change(identifier, lambda stands: replace(stands, **asked))
    remember(changed=changed)
    return jsonify(show(stored))


@keys.delete("/<identifier>")
def revoke_key(identifier: str) -> tuple[str, int]:
    """Revoke a key: the next request that carries it is refused, by every process."""
    gone = services().store.admin_keys.get(identifier)
    services().store.admin_keys.revoke(identifier)
    remember(name=gone.name, scope=gone.scope)
    return "", 204


def _check_end(moment: float | None) -> None:
    if moment is None:
        return
    if moment <= time.time():
        raise fault("#/expires_at", "should lie ahead; to end a key now, revoke it")
    if moment > time.time() + LONGEST:
        raise fault("#/expires_at", "should lie within a hundred years; a key without one has no end")


def _body() -> dict[str, Any]:
    return read_object(request, services().settings.max_body_bytes)
