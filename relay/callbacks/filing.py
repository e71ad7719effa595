"""Writing a callback down as it will be sent, on the first try and on every later one."""

from __future__ import annotations

from datetime import UTC, datetime

from relay.callbacks.payload import CallbackType, Told, encode, make_payload
from relay.callbacks.shape import CannotShape, written
from relay.model.destination import Destination
from relay.store import Store
from relay.store.attempts import NewCallback


def is_told(destination: Destination, kind: CallbackType) -> bool:
    """Say whether the destination's callbacks tell of this: some want every attempt, some only what became of it."""
    callback = destination.callback
    return callback is not None and (kind != "delivery.attempted" or callback.on == "attempt")


def new_callback(store: Store, destination: Destination, told: Told) -> NewCallback | None:
    """Give the callback to file for what is told, shaped as the destination asks; None where it tells nothing of this.

    Where the expression fails nothing is lost: the callback is filed with the payload as it is, and says why.
    """
    callback = destination.callback
    if callback is None or not is_told(destination, told.type):
        return None
    payload = make_payload(told, datetime.now(UTC))
    unshaped = ""
    try:
        body = written(payload, callback.body)
    except CannotShape as exc:
        body, unshaped = encode(payload), str(exc)
    return NewCallback(
        id=store.new_callback_id(destination.id),
        type=told.type,
        payload=body.decode(),
        url=callback.url,
        unshaped=unshaped,
    )
