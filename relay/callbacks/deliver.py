"""Sending one callback."""

from __future__ import annotations

from datetime import datetime

from relay.callbacks.sign import signed_headers
from relay.model.call import Outcome
from relay.outgoing import Sender


def send_callback(  # noqa: PLR0913 - the parts of one callback, each in a type of its own
    door: Sender,
    url: str,
    secret: str,
    callback_id: str,
    body: bytes,
    *,
    timeout: float,
    now: datetime,
) -> Outcome:
    """Send the payload's bytes, signed at `now`, once; trouble on the network is an outcome, never an exception."""
    headers = {"Content-Type": "application/json", **signed_headers(secret, callback_id, body, now)}
    return door.send("POST", url, headers, body, timeout)
