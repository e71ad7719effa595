"""What an attempt came to. Each verdict is a type of its own, since each leads somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Delivered:
    """Calendly did it."""

    name: ClassVar[str] = "delivered"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DoneAlready:
    """Calendly says that the wished state holds already."""

    name: ClassVar[str] = "done_already"
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Calendly said no, and would say it again."""

    name: ClassVar[str] = "refused"
    reason: str


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The credential is not accepted: its token as a whole, or the `scopes` that this call needs."""

    name: ClassVar[str] = "unauthorized"
    reason: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """Calendly asks for a pause of `wait` seconds. It costs the delivery nothing."""

    name: ClassVar[str] = "busy"
    reason: str
    wait: float


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing was sent."""

    name: ClassVar[str] = "unreachable"
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Calendly failed in a way that makes a repeat harmless; not before `wait` seconds have passed."""

    name: ClassVar[str] = "failed"
    reason: str
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent, and nobody knows what came of it."""

    name: ClassVar[str] = "unknown"
    reason: str


Verdict = Delivered | DoneAlready | Refused | Unauthorized | Busy | Unreachable | Failed | Unknown
