"""A key to the management API: whose it is, what it may do, and until when."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Scope = Literal["read", "operate", "admin"]
SCOPES: Final[tuple[Scope, ...]] = ("read", "operate", "admin")  # each may do what those before it may
EXPIRES_SOON = 7 * 24 * 3600.0  # seconds before its end from which on a key's answers tell of it


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminKey:
    """A key by its name. `digest` is the SHA-256 of its secret, which nobody keeps. Times are Unix seconds; 0 is never."""

    id: str
    name: str
    scope: Scope
    digest: str
    created_at: float = 0.0
    expires_at: float = 0.0
    last_used_at: float = 0.0  # to the minute

    def may(self, needed: Scope) -> bool:
        """Tell whether the key's scope covers the one that is needed."""
        return SCOPES.index(self.scope) >= SCOPES.index(needed)

    def expired(self, now: float) -> bool:
        """Tell whether the key's time is over."""
        return 0 < self.expires_at <= now

    def expires_soon(self, now: float) -> bool:
        """Tell whether somebody should replace the key in the next days."""
        return 0 < self.expires_at <= now + EXPIRES_SOON

    def to_dict(self) -> dict[str, Any]:
        """Give the key as it is stored; when it was last used is stored beside it."""
        return {name: getattr(self, name) for name in AdminKey.__slots__ if name != "last_used_at"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], last_used_at: float = 0.0) -> AdminKey:
        """Read what `to_dict` gave; what a newer release stored besides is left out."""
        plain = {name: data[name] for name in cls.__slots__ if name in data}
        return cls(**{**plain, "last_used_at": last_used_at})


def folded(name: str) -> str:
    """Give what names of keys are compared by: letters of another case, width or composition are the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


# Whoever holds RELAY_ADMIN_KEY. It stands in no store, so it opens the relay when every other key is lost.
ROOT: Final = AdminKey(id="", name="RELAY_ADMIN_KEY", scope="admin", digest="")
# Names that say in the audit that it was somebody else.
TAKEN_NAMES: Final = frozenset({ROOT.name.casefold(), "relay", "admin"})
