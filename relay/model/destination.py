"""A destination: a template, a credential, its settings and its callback, under one inbound route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

DestinationState = Literal["draft", "active", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAuth:
    """How an upstream system proves itself. The secret is kept as a salted SHA-256 digest only.

    `bearer`: `Authorization: Bearer <key>`. `basic`: user name and password. `query`: `?<parameter>=<key>`.
    """

    kind: Literal["bearer", "basic", "query"]
    salt: str
    digest: str
    username: str = ""
    parameter: str = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings:
    """Where outcomes go. `secret` is a whsec_ secret as the vault sealed it, never in clear."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How hard to try. `concurrency` in calls at a time, `max_age` in seconds since the first attempt."""

    concurrency: int = 4
    max_attempts: int = 12
    max_age: int = 86400
    on_unknown: Literal["default", "repeat", "hold"] = "default"
    gone_is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One inbound route and what becomes of its records. `allow` holds field values beyond those the template knows."""

    id: str
    template: str
    credential: str
    auth: InboundAuth
    name: str = ""
    callback: CallbackSettings | None = None
    delivery: DeliverySettings = DeliverySettings()
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    when_inactive: Literal["hold", "refuse"] = "hold"

    def to_dict(self) -> dict[str, Any]:
        """Give the destination as it is stored: plain JSON values, secrets hashed or sealed."""
        callback = self.callback and {"url": self.callback.url, "secret": self.callback.secret}
        return {
            "id": self.id,
            "template": self.template,
            "credential": self.credential,
            "auth": {name: getattr(self.auth, name) for name in InboundAuth.__slots__},
            "name": self.name,
            "callback": callback,
            "delivery": {name: getattr(self.delivery, name) for name in DeliverySettings.__slots__},
            "allow": {name: list(values) for name, values in self.allow.items()},
            "when_inactive": self.when_inactive,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Destination:
        """Read what `to_dict` gave."""
        callback = data["callback"]
        return cls(
            id=data["id"],
            template=data["template"],
            credential=data["credential"],
            auth=InboundAuth(**_known(InboundAuth, data["auth"])),
            name=data["name"],
            callback=CallbackSettings(**_known(CallbackSettings, callback)) if callback else None,
            delivery=DeliverySettings(**_known(DeliverySettings, data["delivery"])),
            allow={name: tuple(values) for name, values in data["allow"].items()},
            when_inactive=data["when_inactive"],
        )


def _known(settings: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a newer release stored: while processes are replaced one by one, both must read it."""
    names = {each.name for each in fields(settings)}
    return {name: value for name, value in stored.items() if name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDestination:
    """A destination as it stands in the store: its settings, its state, and since when. Times are Unix seconds."""

    settings: Destination
    state: DestinationState
    paused_because: str = ""  # why the relay itself paused it; empty when a person did
    created_at: float = 0.0
    updated_at: float = 0.0
    activated_at: float = 0.0
    revision: int = 0  # counts changes; a write with an older one is refused
