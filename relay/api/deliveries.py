"""The log of deliveries over HTTP, and what a person may do to one."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from relay.api.delivery_documents import DeliveryQuery, summary, whole
from relay.api.queries import read_query
from relay.store import Wanted
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
    """Put a delivery back into its lane, due now."""
    return jsonify(whole(services().store.operations.retry(identifier)))


@deliveries.post("/<identifier>/cancel")
def cancel_delivery(identifier: str) -> Response:
    """Take a waiting delivery out of its lane for good."""
    return jsonify(whole(services().store.operations.cancel(identifier)))


@deliveries.post("/<identifier>/callback/retry")
def retry_callback(identifier: str) -> Response:
    """Send the delivery's latest callback again."""
    return jsonify(whole(services().store.operations.retry_callback(identifier)))
