"""The log of deliveries over HTTP, and what a person may do to one."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request

from relay.api.deeds import remember
from relay.api.delivery_documents import DeliveryQuery, summary, whole
from relay.api.queries import read_query
from relay.api.resolving import ResolutionDocument, resolve
from relay.model.delivery import DeliveryLog
from relay.store import Wanted
from relay.web.body import read_object
from relay.web.documents import load
from relay.web.services import services

deliveries = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@deliveries.get("")
def list_deliveries() -> Response:
    """Give a page of deliveries, newest first, and the cursor of the next one."""
    query = read_query(DeliveryQuery())
    limit, cursor = query.pop("limit"), query.pop("cursor")
    page = services().store.deliveries.page(Wanted(**query), limit=limit, cursor=cursor)
    return jsonify(deliveries=[summary(each) for each in page.items], next_cursor=page.next_cursor)


@deliveries.get("/<identifier>")
def show_delivery(identifier: str) -> Response:
    """Give everything about one delivery."""
    return jsonify(whole(services().store.deliveries.get(identifier)))


@deliveries.post("/<identifier>/retry")
def retry_delivery(identifier: str) -> Response:
    """Put a delivery back into its lane, due now; one that waits for its next attempt waits no longer."""
    return _done(services().store.operations.retry(identifier))


@deliveries.post("/<identifier>/cancel")
def cancel_delivery(identifier: str) -> Response:
    """Take a waiting delivery out of its lane for good."""
    return _done(services().store.operations.cancel(identifier))


@deliveries.post("/<identifier>/resolve")
def resolve_delivery(identifier: str) -> Response:
    """Settle an uncertain delivery as a person says, and tell its callback."""
    seen = services().store.deliveries.get(identifier)
    body = read_object(request, services().settings.max_body_bytes)
    given = load(ResolutionDocument(), body, "resolution")
    delivery = resolve(services(), seen, given["settled"], given["note"])
    remember(**{"as": given["settled"]}, **({"note": given["note"]} if given["note"] else {}))
    return _done(delivery)


@deliveries.post("/<identifier>/callback/retry")
def retry_callback(identifier: str) -> Response:
    """Send the delivery's latest callback again."""
    return _done(services().store.operations.retry_callback(identifier))


def _done(delivery: DeliveryLog) -> Response:
    g.event["destination"] = delivery.destination
    return jsonify(whole(delivery))
