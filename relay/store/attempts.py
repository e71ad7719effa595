"""Attempts as the store hands them out and takes them back: claimed, in flight, and what each came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from relay.store.keys import Lane
from relay.store.texts import from_json


@dataclass(frozen=True, slots=True)
class Claimed:
    """One attempt that is on record as begun: what to send, and the token that fences its end."""

    id: str
    token: str
    number: int
    spent: int
    item: dict[str, str]

    @property
    def begun_at(self) -> int:
        """Give when the attempt began, in milliseconds by Redis's clock."""
        begun: int = from_json(self.item[f"attempt:{self.number}"])["started_at"]
        return begun

    @property
    def handed_out_at(self) -> int:
        """Give when the attempt was given to whoever holds it, who may not be the one that began it; by the same clock."""
        found_at = self.item.get("found_at")
        return int(found_at) if found_at else self.begun_at

    @property
    def waited(self) -> float:
        """Give the seconds between the acceptance of a delivery and this attempt."""
        return (self.begun_at - int(self.item["accepted_at"])) / 1000


@dataclass(slots=True)
class Lease:
    """The right to serve one lane. Numbers its claims, so that a claim whose answer got lost can be asked again.

    `left_in_flight` are attempts that an earlier turn began and whose end nobody wrote: their worker died. `due` items
    wait. With a `revision`, nothing is begun once the destination has another one.
    """

    lane: Lane
    token: str
    left_in_flight: tuple[Claimed, ...] = ()
    due: int = 0
    claims: int = 0
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim gave: attempts to make now, and how many more items are due.

    Without `confirmed` the attempts are on record, but could be forgotten, and then repeated blindly: end them unsent.
    """

    attempts: tuple[Claimed, ...]
    due: int
    confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallback:
    """A callback to file together with what it tells of; the payload is sent as it stands here.

    Where `unshaped` says why it could not be shaped as its destination asks, it is shaped just before it is sent.
    """

    id: str
    type: str
    payload: str
    url: str
    unshaped: str = ""

    def for_script(self) -> tuple[str, str, str, str, str]:
        """Give the callback as the scripts take it."""
        return self.id, self.type, self.payload, self.url, self.unshaped


NO_CALLBACK = ("", "", "", "", "")  # as the scripts take it


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part of a batch that is split: its id, and the entries that it takes over, as they are stored."""

    id: str
    entries: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What an attempt came to, as it is written. `wait` in seconds puts the item back into its lane.

    `known` is False where nobody knows what became of the attempt; the attempt's own late answer may still put that
    right. `keep` is how many seconds a settled item stays (None: for good). `values` are further fields of the item; an empty one goes.
    `parts` take the place of a batch that is split.
    """

    state: str
    attempt: dict[str, Any]
    known: bool = True
    wait: float | None = None
    spent: int
    keep: int | None = None
    callback: NewCallback | None = None
    values: dict[str, str] = field(default_factory=dict)
    parts: tuple[NewPart, ...] = ()


class LeaseLost(Exception):
    """Another turn serves the lane by now."""
