"""Sending one callback."""

from __future__ import annotations

from datetime import datetime

from relay.callbacks.opened import Opened
from relay.callbacks.sign import signed_headers
from relay.model.call import Outcome
from relay.outgoing import Sender


def callback_headers(opened: Opened, callback_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Give all headers of a callback; those that the destination adds never stand in for the relay's own."""
    own = {
        "Content-Type": "application/json",
        **signed_headers(opened.secrets, callback_id, body, now),
    }
    reserved = {name.lower() for name in own}
    added = {name: value for name, value in opened.headers.items() if name.lower() not in reserved}
    return {**added, **own}


def send_callback(  # noqa: PLR0913 - the parts of one callback, each in a type of its own
    door: Sender,
    url: str,
    opened: Opened,
    callback_id: str,
    body: bytes,
    *,
    timeout: float,
    now: datetime,
) -> Outcome:
    """Send the payload's bytes, signed at `now`, once; trouble on the network is an outcome, never an exception."""
    return door.send("POST", url, callback_headers(opened, callback_id, body, now), body, timeout)
