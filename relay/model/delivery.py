"""A delivery, its attempts, and the callback that tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WAITING = ("queued", "retrying")
SETTLED = ("delivered", "dead", "canceled")
STATES = ("queued", "sending", "retrying", "uncertain", *SETTLED)
CALLBACK_STATES = ("queued", "sending", "retrying", "delivered", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """What acceptance stores: the records as they came, and the template's fields as they will be sent."""

    id: str
    records: list[dict[str, Any]]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt as the log keeps it. Times are Unix seconds; `verdict` is empty while it is in flight."""

    number: int
    started_at: float
    ended_at: float | None = None
    verdict: str = ""
    status: int | None = None
    reason: str = ""
    decision: str = ""  # what followed: settled, waits for …, asks a person


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackLog:
    """One callback as the log keeps it. `state` is one of CALLBACK_STATES."""

    id: str
    type: str
    state: str
    url: str
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLog:
    """One delivery as the log keeps it. `state` is one of STATES; times are Unix seconds."""

    id: str
    destination: str
    template: str
    state: str
    accepted_at: float
    updated_at: float
    settled_at: float | None = None
    next_attempt_at: float | None = None
    reason: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    attempt_count: int = 0
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    callbacks: tuple[CallbackLog, ...] = ()
