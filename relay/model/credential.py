"""A credential: how to act for one Calendly user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relay.model.grant import OAuthGrant


@dataclass(frozen=True, slots=True)
class Rate:
    """What the account may call: `limit` calls a `window` of seconds, until Calendly's own headers say otherwise."""

    limit: int = 500
    window: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A personal access token, an OAuth grant, or the sandbox. `token` is sealed by the vault, never in clear.

    Where the kind is `oauth`, `token` is the access token of `grant`; both are empty until somebody connects it.
    `organization` and `user` are Calendly URIs, empty until `GET /users/me` told them. `trouble` says why Calendly
    last refused the token, empty while all is well. Times are Unix seconds.
    """

    id: str
    kind: Literal["personal_access_token", "oauth", "sandbox"]
    token: str
    grant: OAuthGrant | None = None
    organization: str = ""
    user: str = ""
    rate: Rate = Rate()
    trouble: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def connected(self) -> bool:
        """Tell whether there is a grant that Calendly still renews, as far as is known."""
        return self.grant is not None and not self.grant.ended

    def to_dict(self) -> dict[str, Any]:
        """Give the credential as it is stored. Without a grant it is as the release before grants reads it."""
        plain = {name: getattr(self, name) for name in Credential.__slots__ if name != "grant"}
        plain["rate"] = {"limit": self.rate.limit, "window": self.rate.window}
        return {**plain, "grant": self.grant.to_dict()} if self.grant else plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Credential:
        """Read what `to_dict` gave; what a newer release stored besides is left out."""
        plain = {name: data[name] for name in cls.__slots__ if name in data}
        grant = data.get("grant")
        return cls(
            **{**plain, "rate": Rate(**data["rate"]), "grant": OAuthGrant.from_dict(grant) if grant else None}
        )
