"""`POST /in/<destination>`: answers 202 once the store has every record of the request, and not before."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, g, jsonify, request

from relay.catalogue import template as find_template
from relay.errors import Conflict, UnknownDestination
from relay.inbound.authenticate import authenticate
from relay.inbound.checking import make_deliveries
from relay.inbound.reading import read_records
from relay.model.delivery import NewDelivery
from relay.model.destination import Destination, StandingDestination
from relay.web.body import read_body
from relay.web.headers import elapsed
from relay.web.services import services
from relay.web.slugs import is_slug
from relay.web.turns import ask_for_turn

log = structlog.get_logger()

inbound = Blueprint("inbound", __name__, url_prefix="/in")


@inbound.post("/<destination>")
def take(destination: str) -> tuple[Response, int]:
    """Take a request's records: find the destination, authenticate, read, check, store, and only then answer.

    The order matters: nobody who is not authenticated makes us read a body, and nothing is stored before all is right.
    """
    standing = _find(destination)
    settings = standing.settings
    authenticate(request, settings.auth)
    _refuse_if_inactive(standing)
    limits = services().settings
    body = read_body(request, limits.max_body_bytes)
    g.event["bytes"] = len(body)
    records = read_records(body, limits.max_records)
    g.event["records"] = len(records)
    store = services().store
    deliveries = make_deliveries(
        find_template(settings.template),
        settings.allow,
        records,
        lambda: store.new_delivery_id(settings.id),
        store.vault,
    )
    _accept(settings, deliveries)
    accepted = [{"index": index, "delivery": each.id} for index, each in enumerate(deliveries)]
    return jsonify(accepted=accepted, rejected=[], skipped=[]), 202


def _find(destination: str) -> StandingDestination:
    if not is_slug(destination):
        raise UnknownDestination
    g.event["destination"] = destination
    return services().store.destinations.get(destination)


def _refuse_if_inactive(standing: StandingDestination) -> None:
    # The store refuses it too, in the script that stores: this spares reading a body that will be refused.
    if standing.state != "active" and standing.settings.when_inactive == "refuse":
        raise Conflict(f"The destination is {standing.state} and takes no records until it is activated.")


def _accept(settings: Destination, deliveries: list[NewDelivery]) -> None:
    if services().store.lanes.accept(settings.id, settings.template, deliveries):
        ask_for_turn(settings.id)


@inbound.before_request
def begin_event() -> None:
    """Open the request's one event in the log."""
    g.event = {}


@inbound.after_request
def log_event(answer: Response) -> Response:
    """Write the request's one event: who, how much, how long and what became of it, without what was sent."""
    taken = answer.status_code == 202
    log.info(
        "inbound.accepted" if taken else "inbound.refused",
        request_id=g.request_id,
        **g.event,
        status=answer.status_code,
        **({} if taken else {"problem": g.get("problem", "")}),
        ms=elapsed(),
    )
    return answer
