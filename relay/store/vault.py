"""The vault: secrets are sealed before Redis sees them. The first key seals, every key opens, so keys rotate."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from relay.errors import RelayError


class CannotOpen(RelayError):
    """A stored secret cannot be opened: the key that sealed it is no longer in RELAY_SECRET_KEY."""

    code = "cannot_open_secret"


class Vault:
    """Seals and opens texts with the keys of RELAY_SECRET_KEY."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        fernets = [Fernet(_fernet_key(key)) for key in keys]
        self._first = fernets[0]
        self._fernet = MultiFernet(fernets)

    def is_current(self, sealed: str) -> bool:
        """Tell whether the first key opens it."""
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def seal(self, text: str) -> str:
        """Encrypt and sign `text` with the first key."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Give back what was sealed, with whichever key. Raises CannotOpen if none fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as exc:
            raise CannotOpen from exc

    def seal_some(self, values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Give the values with those of these names sealed."""
        return {**values, **{name: self.seal(values[name]) for name in names if name in values}}

    def open_some(self, values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Give back what `seal_some` was given. Raises CannotOpen."""
        return {**values, **{name: self.open(values[name]) for name in names if name in values}}

    def reseal(self, sealed: str) -> str:
        """Seal anew with the first key what any key had sealed. Raises CannotOpen if none fits."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as exc:
            raise CannotOpen from exc


def _fernet_key(key: str) -> bytes:
    # Any random text serves as a key: its digest has the length that Fernet asks for. Keys are random, not
    # passwords (a setting below 32 characters is refused), so a slow derivation would add nothing.
    return base64.urlsafe_b64encode(hashlib.sha256(b"calendly-relay vault\0" + key.encode()).digest())
