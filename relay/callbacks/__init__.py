"""Callbacks: telling a destination's owner what became of a delivery, signed, and never by calling Calendly again."""

from relay.callbacks.deliver import callback_headers, send_callback
from relay.callbacks.filing import is_told, new_callback
from relay.callbacks.opened import Opened, open_callback
from relay.callbacks.payload import AttemptTold, CallbackType, Told, encode, make_payload
from relay.callbacks.shape import CannotShape, shaped, written
from relay.callbacks.sign import check_secret, new_secret, signed_headers
from relay.callbacks.url import check_callback_url
from relay.callbacks.verdict import (
    Arrived,
    CallbackVerdict,
    Forbidden,
    Gone,
    TryAgain,
    Unshaped,
    next_wait,
    read_callback_outcome,
)

__all__ = [
    "Arrived",
    "AttemptTold",
    "CallbackType",
    "CallbackVerdict",
    "CannotShape",
    "Forbidden",
    "Gone",
    "Opened",
    "Told",
    "TryAgain",
    "Unshaped",
    "callback_headers",
    "check_callback_url",
    "check_secret",
    "encode",
    "is_told",
    "make_payload",
    "new_callback",
    "new_secret",
    "next_wait",
    "open_callback",
    "read_callback_outcome",
    "send_callback",
    "shaped",
    "signed_headers",
    "written",
]
