"""Destinations over HTTP: create, read, change, activate, pause and delete."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for

from relay.api.deeds import changed_names, remember
from relay.api.deleting import DiscardDocument, delete_with_leftover
from relay.api.destination_building import build
from relay.api.destination_documents import Acknowledgement, DestinationDocument, DestinationQuery
from relay.api.destination_showing import editable, show, stopped_because
from relay.api.queries import read_page_query
from relay.catalogue import template as find_template
from relay.errors import UnknownDestination
from relay.model.destination import StandingDestination
from relay.store import WantedDestinations
from relay.web.body import read_object
from relay.web.documents import fault, load
from relay.web.merging import merge
from relay.web.services import services
from relay.web.slugs import is_slug
from relay.web.turns import ask_for_turn

destinations = Blueprint("destinations", __name__, url_prefix="/destinations")

_STATE_IS_READ_ONLY = "is read-only; POST …/activate and …/pause change it"


@destinations.get("")
def list_destinations() -> Response:
    """Give a page of destinations, by id, and the cursor of the next one."""
    query = read_page_query(DestinationQuery())
    limit, cursor = query.pop("limit"), query.pop("cursor")
    page = services().store.destinations.page(WantedDestinations(**query), limit=limit, cursor=cursor)
    shown = [show(services(), each) for each in page.items]
    return jsonify(destinations=shown, next_cursor=page.next_cursor)


@destinations.post("")
def create_destination() -> tuple[Response, int, dict[str, str]]:
    """Store a new destination as a draft. Secrets that were left out are made, and shown in this answer only."""
    document = load(DestinationDocument(), _body(), "destination")
    g.event["identifier"] = document["id"]
    if document.get("state", "draft") != "draft":
        raise fault("#/state", _STATE_IS_READ_ONLY)
    built = build(services(), document, None)
    standing = services().store.destinations.create(built.destination)
    place = url_for("api.destinations.show_destination", identifier=standing.settings.id)
    return jsonify(show(services(), standing, built)), 201, {"Location": place}


@destinations.get("/<identifier>")
def show_destination(identifier: str) -> Response:
    """Give one destination, and how many deliveries it has in each state."""
    standing = _find(identifier)
    shown = show(services(), standing)
    if shown["callback"] is not None:
        shown["callback"]["stopped_because"] = stopped_because(services(), standing.settings)
    return jsonify({**shown, "counts": services().store.destinations.counts(identifier)})


@destinations.patch("/<identifier>")
def change_destination(identifier: str) -> Response:
    """Lay the given names over the destination. Null takes a name to its default; a secret that is null is made anew."""
    standing = _find(identifier)
    given = _body()
    before = editable(standing, given)
    merged = merge(before, given)
    for name in ("id", "template"):
        if merged.get(name) != getattr(standing.settings, name):
            raise fault(
                f"#/{name}", "cannot be changed: what waits here was made for it; make another destination"
            )
    _refuse_another_method(standing, merged)
    if merged.get("state", standing.state) != standing.state:
        raise fault("#/state", _STATE_IS_READ_ONLY)
    built = build(services(), load(DestinationDocument(), merged, "destination"), standing.settings)
    changed = services().store.destinations.replace(built.destination, standing.revision)
    remember(changed=changed_names(DestinationDocument(), before, merged))
    return jsonify(show(services(), changed, built))


@destinations.delete("/<identifier>")
def delete_destination(identifier: str) -> tuple[str, int]:
    """Delete a destination where nothing waits any more, or with as many waiting deliveries as the body says."""
    _find(identifier)
    delete_with_leftover(identifier, load(DiscardDocument(), _body(optional=True), "deletion")["discard"])
    return "", 204


@destinations.post("/<identifier>/activate")
def activate(identifier: str) -> Response:
    """Let deliveries go out. Where calls cannot be undone, the body says that this is known."""
    template = find_template(_find(identifier).settings.template)
    given = load(Acknowledgement(), _body(optional=True), "activation")
    if template.irreversible and "acknowledge" not in given:
        raise fault(
            "#/acknowledge",
            f"should be “irreversible”: what {template.name} does at Calendly cannot be undone",
        )
    standing = services().store.destinations.set_state(identifier, "active")
    ask_for_turn(identifier)
    return jsonify(show(services(), standing))


@destinations.post("/<identifier>/pause")
def pause(identifier: str) -> Response:
    """Let nothing go out; records are held, or refused, as the destination's `when_inactive` says."""
    _find(identifier)
    return jsonify(show(services(), services().store.destinations.set_state(identifier, "paused")))


def _refuse_another_method(standing: StandingDestination, merged: dict[str, Any]) -> None:
    before, after = standing.settings.manual, merged.get("manual")
    if before and isinstance(after, dict) and after.get("method", before.method) != before.method:
        raise fault(
            "#/manual/method",
            "cannot be changed: what waits here may be harmless to repeat by one method and not by another; "
            "make another destination",
        )


def _find(identifier: str) -> StandingDestination:
    if not is_slug(identifier):
        raise UnknownDestination
    return services().store.destinations.get(identifier)


def _body(*, optional: bool = False) -> dict[str, Any]:
    return read_object(request, services().settings.max_body_bytes, optional=optional)
