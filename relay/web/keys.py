"""Keys that the relay is shown and must not keep: made, hashed with salt, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

SHORTEST = 16  # characters of an inbound secret that somebody chose
_NAMED = re.compile(rb"rly_([0-9a-f]{16})_([0-9a-f]{64})")
_PREFIX = re.compile("rly_[0-9a-f]{16}_", re.IGNORECASE)


def new_key() -> str:
    """Give a random key of 256 bits that is safe in a header and in a URL."""
    return secrets.token_urlsafe(32)


def new_salt() -> str:
    """Give a random salt of 128 bits."""
    return secrets.token_hex(16)


def new_named_key() -> tuple[str, str, str]:
    """Give a new named key: its id, the key itself, and the digest to keep of it. Its secret has 256 bits."""
    identifier, secret = secrets.token_hex(8), secrets.token_hex(32)
    return identifier, f"{prefix_of(identifier)}{secret}", digest_of_secret(secret.encode())


def prefix_of(identifier: str) -> str:
    """Give what a named key begins with, by which people and scanners for lost keys know it."""
    return f"rly_{identifier}_"


def named(key: bytes) -> tuple[str, bytes] | None:
    """Give the id in a named key and its secret; None for what is no such key."""
    found = _NAMED.fullmatch(key)
    return (found[1].decode(), found[2]) if found else None


def prefix_in(text: str) -> str:
    """Give what a named key, whole or in part, begins with; an empty text for what is none."""
    found = _PREFIX.match(text)
    return found[0] if found else ""


def digest_of_secret(secret: bytes) -> str:
    """Give the SHA-256 of a secret that the relay made: as random as it is, it needs neither salt nor a slow hash."""
    return hashlib.sha256(secret).hexdigest()


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
