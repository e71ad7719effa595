"""Callbacks: telling a destination's owner what became of a delivery, signed, and never by calling Calendly again."""

from relay.callbacks.deliver import send_callback
from relay.callbacks.payload import CallbackType, Told, encode, make_payload
from relay.callbacks.sign import check_secret, new_secret, signed_headers
from relay.callbacks.url import check_callback_url
from relay.callbacks.verdict import (
    Arrived,
    CallbackVerdict,
    Forbidden,
    Gone,
    TryAgain,
    next_wait,
    read_callback_outcome,
)

__all__ = [
    "Arrived",
    "CallbackType",
    "CallbackVerdict",
    "Forbidden",
    "Gone",
    "Told",
    "TryAgain",
    "check_callback_url",
    "check_secret",
    "encode",
    "make_payload",
    "new_secret",
    "next_wait",
    "read_callback_outcome",
    "send_callback",
    "signed_headers",
]
