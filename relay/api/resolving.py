"""Resolving: a person says what became of an uncertain delivery, and its callback tells that."""

from __future__ import annotations

from relay.callbacks.filing import new_callback
from relay.callbacks.payload import Told
from relay.errors import UnknownDestination
from relay.model.delivery import DeliveryLog
from relay.store.attempts import NewCallback
from relay.store.operations import Resolution
from relay.web.documents import Document, OneOf, Text
from relay.web.services import Services


class ResolutionDocument(Document):
    """What became of the delivery, and how the person knows."""

    # marshmallow would take the keyword for no name.
    settled = OneOf("delivered", "dead", data_key="as", required=True)
    note = Text(longest=500, load_default="")


def resolve(services: Services, seen: DeliveryLog, settled: Resolution, note: str) -> DeliveryLog:
    """Settle an uncertain delivery that a person has looked at. Raises Conflict if it is not uncertain any more."""
    reason = f"Resolved by hand as {settled}{': ' + note if note else '.'}"
    callback = _callback(services, seen, settled, reason) if seen.state == "uncertain" else None
    return services.store.operations.resolve(seen, settled, reason, callback)


def _callback(services: Services, seen: DeliveryLog, settled: Resolution, reason: str) -> NewCallback | None:
    """Write the callback with the last request and answer of the delivery; a test tells nobody."""
    try:
        destination = services.store.destinations.get(seen.destination).settings
    except UnknownDestination:
        return None
    last = seen.attempts[-1].verdict if seen.attempts else "unknown"
    told = Told(
        type="delivery.delivered" if settled == "delivered" else "delivery.dead",
        delivery=seen.id,
        destination=destination.id,
        template=seen.template,
        attempts=seen.attempt_count,
        records=seen.records,
        request=seen.request,
        response=seen.response,
        error=None if settled == "delivered" else (last, reason),
        note=reason if settled == "delivered" else "",
    )
    return None if seen.test else new_callback(services.store, destination, told)
