"""A call to Calendly, and what came of it on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Calendly's API: the path is under the API's address, a body of None sends no body.

    `headers` go with it besides those that are the relay's own.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered. Header names are in lower case; a body that is not JSON is a text."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as the log and the callback show it."""
        return {"status": self.status, "headers": dict(self.headers), "body": self.body}


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing left this machine: the name, the connection or TLS failed, or the address is not allowed."""

    reason: str
    seconds: float = 0.0
    forbidden: bool = False  # trying again cannot help: the address itself is refused


@dataclass(frozen=True, slots=True)
class Silence:
    """The request may have arrived, and then nothing came: a time-out, a reset, half an answer, a dead worker."""

    reason: str
    seconds: float = 0.0


Outcome = Answer | NotSent | Silence
