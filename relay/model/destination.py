"""A destination: a template, a credential, its settings and its callback, under one inbound route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from relay.model.destination_settings import (
    BatchSettings,
    CallbackSettings,
    DeliverySettings,
    InboundAuth,
    ManualSettings,
    RetentionSettings,
    ShapeSettings,
)

__all__ = [
    "BatchSettings",
    "CallbackSettings",
    "DeliverySettings",
    "Destination",
    "DestinationState",
    "InboundAuth",
    "ManualSettings",
    "RetentionSettings",
    "ShapeSettings",
    "StandingDestination",
]

DestinationState = Literal["draft", "active", "paused"]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One inbound route and what becomes of its records.

    `headers` go with every call. `allow` holds field values beyond those the template knows. With `partial` the good
    records of a request are accepted where others are refused.
    """

    id: str
    template: str
    credential: str
    auth: InboundAuth
    name: str = ""
    shape: ShapeSettings = field(default_factory=ShapeSettings)
    headers: Mapping[str, str] = field(default_factory=dict)
    manual: ManualSettings | None = None
    batch: BatchSettings | None = None
    partial: bool = False
    callback: CallbackSettings | None = None
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    when_inactive: Literal["hold", "refuse"] = "hold"
    retention: RetentionSettings = field(default_factory=RetentionSettings)

    def to_dict(self) -> dict[str, Any]:
        """Give the destination as it is stored: plain JSON values, secrets hashed or sealed."""
        plain = asdict(self)
        plain["shape"]["exclude"] = list(self.shape.exclude)
        plain["allow"] = {name: list(values) for name, values in self.allow.items()}
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Destination:
        """Read what `to_dict` gave; what an older release did not store has its default."""
        plain = {name: data[name] for name in _PLAIN if name in data}
        shape = {**data.get("shape", {})}
        shape["exclude"] = tuple(shape.get("exclude", ()))
        return cls(
            **plain,
            auth=_read(InboundAuth, data["auth"]),
            shape=_read(ShapeSettings, shape),
            manual=_read_or_none(ManualSettings, data.get("manual")),
            batch=_read_or_none(BatchSettings, data.get("batch")),
            callback=_read_or_none(CallbackSettings, data.get("callback")),
            delivery=_read(DeliverySettings, data["delivery"]),
            allow={name: tuple(values) for name, values in data["allow"].items()},
            retention=_read(RetentionSettings, data.get("retention", {})),
        )


_PLAIN = ("id", "template", "credential", "name", "headers", "partial", "when_inactive")


def _read(part: type[Part], stored: Mapping[str, Any]) -> Part:
    """Leave out what a newer release stored: while processes are replaced one by one, both must read it."""
    names = {each.name for each in fields(part)}  # type: ignore[arg-type]  # every part is a dataclass
    return part(**{name: value for name, value in stored.items() if name in names})


def _read_or_none(part: type[Part], stored: Mapping[str, Any] | None) -> Part | None:
    return None if stored is None else _read(part, stored)


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
