"""A delivery, its attempts, and the callback that tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WAITING = ("collecting", "queued", "retrying")
SETTLED = ("delivered", "dead", "canceled", "split")
STATES = ("collecting", "queued", "sending", "retrying", "uncertain", *SETTLED)
PAYLOADS = ("kept", "dropped", "forgotten")  # what became of what a delivery carried, once it was settled
CALLBACK_STATES = ("queued", "sending", "retrying", "delivered", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """What acceptance stores of one record: the record as it came, and the template's fields as they will be sent.

    `id` is its delivery's, unless it joins a batch that is open. Records of one `group` share batches (empty: it is a
    delivery of its own), whose weights add up. `dedupe` is the key by which a repeat is known (empty: none is), and
    `digest` tells whether a repeat would send the same.
    """

    id: str
    record: dict[str, Any]
    fields: dict[str, Any]
    group: str = ""
    weight: int = 1
    dedupe: str = ""
    digest: str = ""


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
    """One callback as the log keeps it. `state` is one of CALLBACK_STATES.

    `body` is what is sent, or None in outlines. Where `unshaped` says why it could not be shaped, it is the payload as it is.
    `payload` is one of PAYLOADS: without it, reasons are gone as well.
    """

    id: str
    type: str
    state: str
    url: str
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: float | None = None
    reason: str = ""
    body: Any = None
    unshaped: str = ""
    payload: str = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLog:
    """One delivery as the log keeps it. `state` is one of STATES; times are Unix seconds.

    A batch shows the fields of each of its records as `fields["batch"]`. `payload` is one of PAYLOADS: without it, there are
    no records, fields, reasons, request, response, or found thing any more.
    """

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
    record_count: int = 1
    test: bool = False
    part_of: str = ""  # the batch that was split, if this is a part of one
    parts: tuple[str, ...] = ()  # what the batch was split into
    attempts: tuple[Attempt, ...] = ()
    attempt_count: int = 0
    found: dict[str, Any] | None = None  # by a look-up: `fields` that the record left out, and the `thing`
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    payload: str = "kept"
    callbacks: tuple[CallbackLog, ...] = ()
