"""What everybody saw: the senders, Calendly, the receivers of callbacks, and the relay's own log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LINGERS = 15.0  # seconds after which a request without an answer has done whatever it was to do


@dataclass(frozen=True, slots=True)
class LaneRules:
    """What may become of a lane's records.

    `harmless`: what Calendly does with a second call does no harm, so that one that was cut is repeated at once.
    `repeats_tell`: each call takes effect anew, harmlessly, so that the log has to tell of every repeat.
    `spares`: how many effects more than one are bearable, if the callback says so. `may_ask`: it may end uncertain.
    `anew`: operators delete the destination and make it again, which knows nothing of earlier requests.
    """

    name: str
    tells: bool = True
    strict: bool = False
    harmless: bool = False
    repeats_tell: bool = False
    spares: int = 0
    may_ask: bool = False
    anew: bool = False


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
    secrets: frozenset[str] = frozenset()  # those by which its signature is right


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
    begun: tuple[float, ...] = ()  # when each attempt began, in Unix seconds by Redis's clock
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


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that an operator asked of the relay: of what kind, about what, and what was answered.

    `about` is the id of a delivery, a destination or a credential, `status` 0 where no answer came.
    """

    id: str
    kind: str
    about: str
    began: float
    ended: float
    status: int
    asked: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Tell whether the relay said yes."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Tell whether the relay said no."""
        return 400 <= self.status < 500

    @property
    def answered(self) -> bool:
        """Tell whether the relay said yes or no; after a 503, or nothing, nobody knows."""
        return self.done or self.refused

    @property
    def over_at(self) -> float:
        """Give the moment after which it does nothing more: where it was not answered, that is later than its end."""
        return self.ended if self.answered else self.ended + LINGERS


@dataclass(frozen=True, slots=True)
class Audited:
    """One entry of the audit that an operator's request made."""

    deed: str
    what: str
    on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that should not be. `kind` is the column that it counts in; `about` is a subject, a delivery or a lane."""

    kind: str
    about: str
    words: str


@dataclass(slots=True)
class History:
    """Everything that was seen in one run."""

    lanes: dict[str, LaneRules]
    posted: list[Posted] = field(default_factory=list)
    log: dict[str, Told] = field(default_factory=dict)
    calls: list[SeenCall] = field(default_factory=list)
    callbacks: list[SeenCallback] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    audit: list[Audited] = field(default_factory=list)
    unaudited: set[str] = field(default_factory=set)  # deeds of which a log says that the audit lost them
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)  # each destination as it is in the end
    set_back: list[float] = field(default_factory=list)  # when Redis's clock was
    leaks: list[str] = field(default_factory=list)
    troubles: list[str] = field(
        default_factory=list
    )  # what nobody should have seen, such as an answer of 500
