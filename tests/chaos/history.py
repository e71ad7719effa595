"""What everybody saw: the senders, Calendly, the receivers of callbacks, and the relay's own log."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LaneRules:
    """What may become of a lane's records.

    `harmless`: what Calendly does with a second call does no harm, so that one that was cut is repeated at once.
    `repeats_tell`: each call takes effect anew, harmlessly, so that the log has to tell of every repeat.
    `spares`: how many effects more than one are bearable, if the callback says so. `may_ask`: it may end uncertain.
    """

    name: str
    tells: bool = True
    strict: bool = False
    harmless: bool = False
    repeats_tell: bool = False
    spares: int = 0
    may_ask: bool = False


@dataclass(slots=True)
class Posted:
    """One record that a sender posted: its subject is in no other record. `delivery` is what a 202 named."""

    subject: str
    lane: str
    delivery: str = ""
    refused: bool = False  # Calendly refuses it, so that it must end dead


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One call as Calendly saw it, from when it had arrived until it was answered, in seconds of one clock."""

    subjects: tuple[str, ...]
    method: str
    path: str
    began: float
    ended: float
    effect: bool
    came_of_it: str  # the status, or what the double did instead of answering

    @property
    def looks(self) -> bool:
        """Tell whether it only looks."""
        return self.method == "GET"


@dataclass(frozen=True, slots=True)
class SeenCallback:
    """One callback as its receiver saw it."""

    webhook_id: str
    type: str
    delivery: str
    attempts: int  # that it tells of
    note: str
    verified: bool
    at: float


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery as the relay's log tells of it."""

    id: str
    lane: str
    state: str
    subjects: tuple[str, ...]
    verdicts: tuple[str, ...] = ()
    cut: int = 0  # how many attempts ended because their connection did
    reason: str = ""
    parts: tuple[str, ...] = ()
    part_of: str = ""
    callbacks: tuple[tuple[str, str, str], ...] = ()  # id, type, state
    looked_up: bool = False  # an attempt ended without an answer, and a look-up said what had become of it


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a lane that was due had nobody, in seconds: at all, and since the last disturbance had ended."""

    lane: str
    seconds: float
    in_peace: float


@dataclass(slots=True)
class History:
    """Everything that was seen in one run."""

    lanes: dict[str, LaneRules]
    posted: list[Posted] = field(default_factory=list)
    log: dict[str, Told] = field(default_factory=dict)
    calls: list[SeenCall] = field(default_factory=list)
    callbacks: list[SeenCallback] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    troubles: list[str] = field(
        default_factory=list
    )  # what nobody should have seen, such as an answer of 500
