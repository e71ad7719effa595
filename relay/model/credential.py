"""A credential: how to act for one Calendly user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Rate:
    """What the account may call: `limit` calls a `window` of seconds, until Calendly's own headers say otherwise."""

    limit: int = 500
    window: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A personal access token, or the sandbox. `token` is sealed by the vault, never in clear.

    `organization` and `user` are Calendly URIs, empty until `GET /users/me` told them. `trouble` says why Calendly
    last refused the token, empty while all is well. Times are Unix seconds.
    """

    id: str
    kind: Literal["personal_access_token", "sandbox"]
    token: str
    organization: str = ""
    user: str = ""
    rate: Rate = Rate()
    trouble: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Give the credential as it is stored."""
        plain = {name: getattr(self, name) for name in Credential.__slots__ if name != "rate"}
        return {**plain, "rate": {"limit": self.rate.limit, "window": self.rate.window}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Credential:
        """Read what `to_dict` gave."""
        return cls(**{**data, "rate": Rate(**data["rate"])})
