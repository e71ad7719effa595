"""Deleting a destination together with what waits in it."""

from __future__ import annotations

import structlog
from flask import g

from relay.api.deeds import remember
from relay.errors import StoreUnavailable
from relay.web.documents import Document, Whole
from relay.web.services import services

PATIENCE = 10.0  # seconds for which the answer waits until all is ended; a worker ends the rest
MOST = 1_000_000_000
log = structlog.get_logger()


class DiscardDocument(Document):
    """How many waiting deliveries are deleted with their destination."""

    discard = Whole(0, MOST, load_default=None)


def delete_with_leftover(identifier: str, discard: int | None) -> None:
    """Delete a destination and end what waited in it. Raises Conflict unless exactly `discard` deliveries wait."""
    store = services().store
    leftover = store.destinations.delete(identifier, discard)
    remember(discarded=leftover.deliveries, discarded_callbacks=leftover.callbacks)
    g.event["discarded"] = leftover.deliveries
    try:
        done = store.discards.finish_of(identifier, PATIENCE)
    except StoreUnavailable:
        done = False  # the destination is deleted, and that is what was asked
    if not done:
        log.warning("discard.unfinished", destination=identifier)
