"""`POST /in/<destination>`: answers 202 once the store has every record of the request, and not before."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, g, jsonify, request

from relay.errors import Conflict, UnknownDestination
from relay.inbound.authenticate import authenticate
from relay.inbound.reading import read_records
from relay.inbound.taking import Taken, idempotency_key, recall, take_records
from relay.model.destination import StandingDestination
from relay.store.connection import PATIENCE
from relay.store.patience import waiting_at_most
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
    However many questions that takes, Redis has PATIENCE for all of them: senders are promised an answer in two seconds.
    """
    if not is_slug(destination):
        raise UnknownDestination
    g.event["destination"] = destination
    with waiting_at_most(PATIENCE):
        try:
            return _take_from(destination)
        except UnknownDestination:  # also while its body was read, or its records were stored
            services().store.mark.refuse_if_lost(destination)
            raise
        except Conflict:  # one that is set up anew may be active in a moment
            services().store.mark.refuse_if_lost()
            raise


def _take_from(destination: str) -> tuple[Response, int]:
    with services().gate.watch(request, f"in/{destination}"):
        standing = _find(destination)
        authenticate(request, standing.settings.auth)
    settings = standing.settings
    key = idempotency_key(request.headers.get("Idempotency-Key"))
    if not key:
        _refuse_if_inactive(standing)
    body = read_body(request, services().settings.max_body_bytes)
    g.event["bytes"] = len(body)
    taken = recall(services().store, standing, key, body) if key else None
    taken = taken or _take_new(standing, key, body)
    if taken.wake:
        ask_for_turn(settings.id)
    answer = jsonify(taken.answer)
    if taken.replayed:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer, taken.status


def _take_new(standing: StandingDestination, key: str, body: bytes) -> Taken:
    _refuse_if_inactive(standing)
    settings, most = standing.settings, services().settings.max_records
    records = read_records(body, most, settings.shape.records, partial=settings.partial)
    g.event["records"] = len(records)
    return take_records(services().store, settings, records, key, body)


def _find(destination: str) -> StandingDestination:
    store = services().store
    with services().scout.sent(store.server_of(destination)):
        found = store.destinations.get(destination)
    store.mark.witness()
    return found


def _refuse_if_inactive(standing: StandingDestination) -> None:
    # The store refuses it too, in the script that stores: this spares reading a body that will be refused.
    if standing.state != "active" and standing.settings.when_inactive == "refuse":
        raise Conflict(f"The destination is {standing.state} and takes no records until it is activated.")


@inbound.before_request
def begin_event() -> None:
    """Open the request's one event in the log."""
    g.event = {}


@inbound.after_request
def log_event(answer: Response) -> Response:
    """Write the request's one event: who, how much, how long and what became of it, without what was sent."""
    taken = answer.status_code < 300
    log.info(
        "inbound.accepted" if taken else "inbound.refused",
        request_id=g.request_id,
        **g.event,
        status=answer.status_code,
        **({} if taken else {"problem": g.get("problem", "")}),
        ms=elapsed(),
    )
    return answer
