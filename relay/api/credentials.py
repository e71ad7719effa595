"""Credentials over HTTP: create, read, change, check and delete. Tokens go in and never come out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for

from relay.api.credential_asking import ask, ask_or_refuse
from relay.api.credential_building import build, show
from relay.api.credential_changing import prepare
from relay.api.credential_documents import CredentialDocument, CredentialQuery
from relay.api.deeds import remember
from relay.api.queries import read_page_query
from relay.api.waiting import a_place
from relay.errors import Conflict, Invalid, UnknownCredential
from relay.model.credential import Credential
from relay.oauth import Connecting
from relay.web.answers import iso
from relay.web.body import read_object
from relay.web.documents import load
from relay.web.services import services
from relay.web.slugs import is_slug
from relay.web.turns import ask_for_turn

credentials = Blueprint("credentials", __name__, url_prefix="/credentials")

CHANGEABLE = ("token", "organization", "rate")
PAUSED_BY_HAND = "Paused with its credential by hand."


@credentials.get("")
def list_credentials() -> Response:
    """Give a page of credentials, by id, and the cursor of the next one."""
    page = services().store.credentials.page(**read_page_query(CredentialQuery()))
    shown = [show(services(), each) for each in page.items]
    return jsonify(credentials=shown, next_cursor=page.next_cursor)


@credentials.post("")
def create_credential() -> tuple[Response, int, dict[str, str]]:
    """Store a credential that Calendly does not refuse. If Calendly does not answer, `trouble` says so."""
    document = load(CredentialDocument(), _body(), "credential")
    g.event["identifier"] = document["id"]
    _refuse_taken(document["id"])
    built = build(services(), document)
    asked = ask_or_refuse(services(), built)
    stored = services().store.credentials.create(asked.told(built))
    place = url_for("api.credentials.show_credential", identifier=stored.id)
    return jsonify(show(services(), stored, asked.trouble)), 201, {"Location": place}


@credentials.get("/<identifier>")
def show_credential(identifier: str) -> Response:
    """Give one credential, and the destinations that use it."""
    credential = _find(identifier)
    return jsonify(
        {
            **show(services(), credential),
            "destinations": services().store.credentials.destinations(identifier),
        }
    )


@credentials.patch("/<identifier>")
def change_credential(identifier: str) -> Response:
    """Lay the given names over the credential. A new token is shown to Calendly first, and its organization is found anew."""
    change = prepare(services(), _find(identifier), _body())
    stored = services().store.credentials.change(
        identifier, lambda stands: change.laid_over(services(), stands)
    )
    changed = [each for each in CHANGEABLE if getattr(stored, each) != getattr(change.before, each)]
    remember(changed=changed)
    return jsonify(show(services(), stored, change.asked.trouble))


@credentials.delete("/<identifier>")
def delete_credential(identifier: str) -> tuple[str, int]:
    """Delete a credential that no destination uses. Calendly is asked to forget its grant."""
    gone = _find(identifier)
    with a_place(services()):
        services().store.credentials.delete(identifier)
        services().grants.revoke(gone)
    return "", 204


@credentials.post("/<identifier>/check")
def check_credential(identifier: str) -> Response:
    """Ask Calendly now whom the token acts for, and keep what it says of the token, if that still stands."""
    before = _find(identifier)
    with a_place(services()):
        asked = ask(services(), before)
    if not asked.unanswered:
        services().store.credentials.change(
            identifier, lambda stands: asked.told(stands) if stands.token == asked.token else stands
        )
    found = asked.told(before)
    return jsonify(
        ok=not asked.trouble,
        user=found.user or None,
        organization=found.organization or None,
        detail=asked.trouble or "Calendly accepts this token.",
    )


@credentials.post("/<identifier>/connect")
def connect_credential(identifier: str) -> Response:
    """Give the address at which a person allows access at Calendly, good for ten minutes and one use."""
    credential = _find(identifier)
    if credential.kind != "oauth":
        raise Conflict(f"Credentials of kind oauth are connected; this one is of kind {credential.kind}.")
    server = services().grants.server
    if server.missing:
        raise Invalid(f"{' and '.join(server.missing)} must be set before anybody can be connected.")
    url, expires_at = Connecting(services().store, server).begin(identifier, g.key.name, g.key.id)
    return jsonify(url=url, expires_at=iso(expires_at))


@credentials.post("/<identifier>/pause")
def pause_destinations(identifier: str) -> Response:
    """Pause the credential's active destinations, and name them."""
    _find(identifier)
    destinations = services().store.destinations
    users = services().store.credentials.destinations(identifier)
    paused = [each for each in users if destinations.pause_if_active(each, PAUSED_BY_HAND, by_hand=True)]
    remember(destinations=paused)
    return jsonify(destinations=paused)


@credentials.post("/<identifier>/resume")
def resume_destinations(identifier: str) -> Response:
    """Activate the destinations that were paused with the credential, and no others, and name them."""
    _find(identifier)
    destinations = services().store.destinations
    users = services().store.credentials.destinations(identifier)
    resumed = [each for each in users if destinations.resume_if_paused(each, PAUSED_BY_HAND)]
    remember(destinations=resumed)
    for each in resumed:
        ask_for_turn(each)
    return jsonify(destinations=resumed)


def _find(identifier: str) -> Credential:
    if not is_slug(identifier):
        raise UnknownCredential
    return services().store.credentials.get(identifier)


def _refuse_taken(identifier: str) -> None:
    """Say that an id is taken before Calendly is asked; the store has the last word when two come at once."""
    try:
        services().store.credentials.get(identifier)
    except UnknownCredential:
        return
    raise Conflict(f"A credential with the id “{identifier}” exists.")


def _body() -> dict[str, Any]:
    return read_object(request, services().settings.max_body_bytes)
