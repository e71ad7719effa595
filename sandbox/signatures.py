"""Checks a callback's Standard Webhooks signature, written out by hand: the sandbox trusts nobody's library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Literal

from sandbox.mistakes import Mistake

PREFIX = "whsec_"
TOLERANCE_SECONDS = 5 * 60

SignatureState = Literal["verified", "wrong", "stale", "unsigned", "no secret"]


def secret_bytes(secret: str) -> bytes:
    """Give the key inside a `whsec_` secret; a Mistake if it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as exc:
        raise Mistake("a secret is whsec_ followed by base64") from exc


def judge(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> SignatureState:
    """Say whether a callback was signed with one of the secrets, lately. Header names are in lower case."""
    identity, moment, signatures = (
        headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (identity and moment and signatures):
        return "unsigned"
    keys = [secret_bytes(secret) for secret in secrets]
    if not keys:
        return "no secret"
    message = b".".join((identity.encode(), moment.encode(), body))
    if not any(_signed(key, message, signatures) for key in keys):
        return "wrong"
    return "verified" if _is_fresh(moment, now) else "stale"


def _signed(key: bytes, message: bytes, signatures: str) -> bool:
    expected = b"v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest())
    given = signatures.encode().split(b" ")
    return any(hmac.compare_digest(expected, candidate) for candidate in given)


def _is_fresh(moment: str, now: float) -> bool:
    return moment.isascii() and moment.isdigit() and abs(now - int(moment)) <= TOLERANCE_SECONDS
