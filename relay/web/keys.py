"""Keys that the relay is shown and must not keep: made, hashed with salt, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets

SHORTEST = 16  # characters of an inbound secret that somebody chose


def new_key() -> str:
    """Give a random key of 256 bits that is safe in a header and in a URL."""
    return secrets.token_urlsafe(32)


def new_salt() -> str:
    """Give a random salt of 128 bits."""
    return secrets.token_hex(16)


def digest(salt: str, key: str | bytes) -> str:
    """Give the salted SHA-256 of a key. Keys are long and random, so a slow hash would add nothing."""
    raw = key.encode() if isinstance(key, str) else key
    return hashlib.sha256(salt.encode() + b":" + raw).hexdigest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Tell whether two texts are the same, in a time that says nothing of where they differ."""
    pair = [
        hashlib.sha256(text.encode() if isinstance(text, str) else text).digest() for text in (one, other)
    ]
    return hmac.compare_digest(*pair)


def bearer(header: str | None) -> bytes:
    """Give the token of an `Authorization: Bearer …` header, empty where there is none."""
    scheme, _, token = (header or "").partition(" ")
    # WSGI hands headers over as Latin-1; the bytes underneath are what was sent.
    return token.strip().encode("latin-1", "replace") if scheme.lower() == "bearer" else b""
