"""Deliveries: the log, and what a person may do."""

from __future__ import annotations

from relay.api.delivery_documents import DeliveryQuery
from relay.api.resolving import ResolutionDocument
from relay.openapi.answers.delivery import DeliveryPage, WholeDelivery
from relay.openapi.operations.model import READ, WRITE, Body, Operation, Reply

TAG = "Deliveries"
UNKNOWN = {404: "No delivery has that id. Settled deliveries are kept for a limited time."}
_NOW = {200: Reply(words="The delivery as it stands now.", schema=WholeDelivery)}

OPERATIONS = {
    "api.deliveries.list_deliveries": Operation(
        name="list_deliveries",
        tag=TAG,
        summary="List deliveries",
        description="The log, newest first. A page may be short or empty and still have a `next_cursor`: follow it until it is null.",
        query=DeliveryQuery,
        answers={200: Reply(words="A page of the log.", schema=DeliveryPage)},
        problems={
            **READ,
            400: "The cursor is not one that a page gave.",
            422: "The query breaks the rules that `errors` names.",
        },
    ),
    "api.deliveries.show_delivery": Operation(
        name="show_delivery",
        tag=TAG,
        summary="Show a delivery",
        description="Everything about one delivery: its records, attempts, the latest call and answer, and its callbacks.",
        answers={200: Reply(words="The delivery.", schema=WholeDelivery)},
        problems={**READ, **UNKNOWN},
    ),
    "api.deliveries.retry_delivery": Operation(
        name="retry_delivery",
        tag=TAG,
        summary="Retry a delivery",
        description="A delivery that is dead, canceled or uncertain goes out again, due now; one that waits for its next attempt waits no "
        "longer.",
        answers=_NOW,
        problems={
            **READ,
            404: "No delivery has that id, or its destination is gone.",
            409: "It is in another state, is a test, was made for another template, or is kept without its payload.",
        },
    ),
    "api.deliveries.cancel_delivery": Operation(
        name="cancel_delivery",
        tag=TAG,
        summary="Cancel a delivery",
        description="A delivery that waits is never sent. There is no callback: whoever canceled it knows.",
        answers=_NOW,
        problems={**READ, **UNKNOWN, 409: "It does not wait."},
    ),
    "api.deliveries.resolve_delivery": Operation(
        name="resolve_delivery",
        tag=TAG,
        summary="Resolve an uncertain delivery",
        description="A person who looked at Calendly says what became of it, and the callback tells that.",
        body=Body(
            schema=ResolutionDocument,
            examples={"it was done": {"as": "delivered", "note": "The event is canceled at Calendly."}},
        ),
        answers=_NOW,
        problems={**WRITE, **UNKNOWN, 409: "It is not uncertain."},
    ),
    "api.deliveries.retry_callback": Operation(
        name="retry_callback",
        tag=TAG,
        summary="Send a callback again",
        description="The latest callback of a delivery is sent again, under the same `webhook-id`.",
        answers=_NOW,
        problems={
            **READ,
            404: "No delivery has that id, or it has no callback.",
            409: "The callback is on its way, waits already, or is kept without its payload.",
        },
    ),
}
