"""What a callback says. Pure: built from plain values, so that it can be shown before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

CallbackType = Literal["delivery.delivered", "delivery.dead", "delivery.uncertain", "delivery.attempted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptTold:
    """An attempt that did not settle its delivery: what it came to, what was decided, and when the next one is due."""

    number: int
    verdict: str
    decision: str
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a callback tells of.

    `request` is {"method", "url", "body"} and `response` {"status", "headers", "body"}, each None where there was
    none. `error` is why it did not work, with the name of the last verdict. `note` is what is worth saying about a
    success, such as that the meeting had been canceled before. `found` is the resource that stood already, where the
    relay had to look for it. `attempt` is there for `delivery.attempted` only. A `test` tells of nothing that happened.
    """

    type: CallbackType
    delivery: str
    destination: str
    template: str
    attempts: int
    records: Sequence[Mapping[str, Any]]
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None  # verdict, message
    note: str = ""
    found: Mapping[str, Any] | None = None
    attempt: AttemptTold | None = None
    test: bool = False


def make_payload(told: Told, moment: datetime) -> dict[str, Any]:
    """Give the JSON of a callback. `data.note`, `.found`, `.attempt` and `.test` are there only when they say something."""
    data: dict[str, Any] = {
        "delivery": told.delivery,
        "destination": told.destination,
        "template": told.template,
        "attempts": told.attempts,
        "records": list(told.records),
        "request": told.request,
        "response": told.response,
        "error": told.error and {"verdict": told.error[0], "message": told.error[1]},
    }
    if told.note:
        data["note"] = told.note
    if told.found is not None:
        data["found"] = told.found
    if told.attempt is not None:
        data["attempt"] = _attempt(told.attempt)
    if told.test:
        data["test"] = True
    return {"type": told.type, "timestamp": timestamp(moment), "data": data}


def _attempt(attempt: AttemptTold) -> dict[str, Any]:
    due = attempt.next_attempt_at
    return {
        "number": attempt.number,
        "verdict": attempt.verdict,
        "decision": attempt.decision,
        "next_attempt_at": due and timestamp(due),
    }


def timestamp(moment: datetime) -> str:
    """Give a moment as the payload shows it: UTC, milliseconds, and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(payload: Any) -> bytes:
    """Give the bytes that are signed and sent. ASCII only, so that no receiver can read them differently."""
    return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode("ascii")
