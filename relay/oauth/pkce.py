"""PKCE (RFC 7636): whoever exchanges a code proves that he asked for it."""

from __future__ import annotations

import base64
import hashlib
import secrets


def new_verifier() -> str:
    """Give a random verifier of 256 bits in 43 letters that need no escaping."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
