"""Signing callbacks as Standard Webhooks, and the secrets that do it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
SHORTEST_KEY = 24  # bytes, by the Standard Webhooks specification
LONGEST_KEY = 64  # bytes, by the same
WHAT_IS_RIGHT = f"should be {PREFIX} and then {SHORTEST_KEY} to {LONGEST_KEY} random bytes in base64"


def new_secret() -> str:
    """Make a secret that nobody can guess."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def check_secret(text: str) -> str:
    """Give the secret back when it is a sound one; ValueError with a sentence, without the secret, when not."""
    if not text.startswith(PREFIX):
        raise ValueError(WHAT_IS_RIGHT)
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(WHAT_IS_RIGHT) from None  # the cause would show part of the secret
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(WHAT_IS_RIGHT)
    return text


def signed_headers(signing: Sequence[str], callback_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Give the three headers of Standard Webhooks for these bytes; `callback_id` stays the same over retries.

    There is one signature for each secret in `signing`: a receiver takes the callback if it knows one of them.
    """
    moment = now.astimezone(UTC)
    signatures = (Webhook(each).sign(callback_id, moment, body.decode("utf-8")) for each in signing)
    return {
        "webhook-id": callback_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
