"""An OAuth grant: what a person at Calendly allowed the relay, and how long its access token lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

AHEAD = 600.0  # seconds before its end at which an access token is renewed, or a third of its life if that is less
LEEWAY = 5.0  # seconds by which machines' clocks may differ, or a tenth of the token's life if that is less


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthGrant:
    """One pair of tokens; renewing it gives another with an `id` of its own. The access token is the credential's.

    `refresh_token` is sealed by the vault. `doubted`: Calendly refused the access token before its time, so it is
    renewed before it is used again. `second_chance`: this pair came of such a renewal. `ended` says why Calendly
    renews it no more, empty while it does. Times are Unix seconds.
    """

    id: str
    refresh_token: str
    scopes: tuple[str, ...] = ()
    obtained_at: float
    expires_at: float
    doubted: bool = False
    second_chance: bool = False
    ended: str = ""

    def has_expired(self, now: float) -> bool:
        """Tell whether the access token can no longer be used."""
        return now >= self.expires_at - min(LEEWAY, self._life / 10)

    def is_due(self, now: float) -> bool:
        """Tell whether the access token should be renewed: well before its end, or since Calendly refused it."""
        return self.doubted or now >= self.expires_at - min(AHEAD, self._life / 3)

    @property
    def _life(self) -> float:
        return max(0.0, self.expires_at - self.obtained_at)

    def to_dict(self) -> dict[str, Any]:
        """Give the grant as it is stored."""
        return {**asdict(self), "scopes": list(self.scopes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OAuthGrant:
        """Read what `to_dict` gave."""
        return cls(**{**data, "scopes": tuple(data["scopes"])})
