"""What follows a verdict. Pure: no clock, no store, no chance but the one that is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from relay.model.destination import DeliverySettings
from relay.model.verdict import (
    Busy,
    Delivered,
    DoneAlready,
    Failed,
    Refused,
    Unauthorized,
    Unknown,
    Unreachable,
    Verdict,
)

GROWTH = 3.0  # each wait is three times the one before
LONGEST_WAIT = 4 * 3600.0  # seconds; twelve attempts then span most of a day


# What makes sure that a call which may have taken effect is not made twice to somebody's harm.
Repeat = Literal["looked up", "harmless", "once", ""]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the decision needs to know of the delivery: attempts spent with this one, and seconds since the first.

    `in_doubt`: this attempt or an earlier one may have taken effect, and nothing has shown since that it had none.
    `repeat`: what its template lets follow then. `in_vain`: this attempt sent nothing, and looking the effect up once more
    would tell no more than it could. `landing`: seconds that this attempt's call may need to arrive, cut as it was;
    `last_look`: seconds that a look-up has to wait which has the last word.
    """

    spent: int
    age: float
    repeat: Repeat
    settings: DeliverySettings
    in_doubt: bool = False
    in_vain: bool = False
    landing: float = 0.0
    last_look: float = 0.0


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over: `delivered` or `dead`."""

    state: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again in so many seconds. `spends` tells whether the attempt counts against the limit.

    Where a call may have taken effect, `repeat` says why another one does no harm. An attempt that `only_looks` finds
    out whether it did, and makes no call.
    """

    seconds: float
    spends: bool = True
    repeat: Repeat = ""
    only_looks: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Nobody knows what became of it, and a repeat might do harm: a person decides."""

    because: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The credential is not accepted: the record stays where it is until the destination is activated again."""


@dataclass(frozen=True, slots=True)
class Split:
    """Calendly refuses a batch for what is in it: each half is tried alone, until the bad record stands alone."""


Step = Settle | Wait | Ask | Hold | Split

FORGOTTEN = 10.0  # seconds beyond the time that a call may take

ABOUT_CONTENT = frozenset(
    {400, 413, 422}
)  # statuses with which what was sent is refused, not who sent it or where to


def next_step(verdict: Verdict, standing: Standing, *, retry_base: float, jitter: float) -> Step:
    """Decide what follows. `retry_base` is the first wait in seconds, `jitter` a number from 0 up to 1."""
    match verdict:
        case Delivered() | DoneAlready():
            return Settle("delivered")
        case Refused() if standing.in_doubt:
            return Ask("Whether an earlier attempt took effect is unknown.")
        case Refused():
            return Settle("dead")
        case Unauthorized():
            return Hold()
        case Busy(wait=seconds):
            return Wait(spread(seconds, jitter), spends=False, repeat=_repeat(standing))
        case Unknown() if not _may_repeat(standing):
            wait = _wait(standing, backoff(standing.spent, retry_base), jitter)
            return _find_out(standing, wait, "A repeat might do it twice.")
        case Unreachable() | Failed() | Unknown():
            at_least = verdict.wait if isinstance(verdict, Failed) else 0.0
            return _again(standing, max(at_least, backoff(standing.spent, retry_base)), jitter)


def may_be_split(verdict: Verdict, status: int | None, records: int) -> bool:
    """Tell whether a part of the records might be taken where all of them together were refused."""
    return isinstance(verdict, Refused) and status in ABOUT_CONTENT and records > 1


def tried_once(step: Step, *, in_doubt: bool) -> Step:
    """Give what follows for a test: it is over after one attempt, whatever else would have followed."""
    if not isinstance(step, Wait | Hold):
        return step
    if in_doubt:
        return Ask("Whether the call took effect is unknown. A test is tried once.")
    return Settle("dead", "A test is tried once.")


def is_forgotten(waited: float, call_timeout: float) -> bool:
    """Tell whether a test waited so long for its attempt, in seconds, that whoever asked for it is gone.

    Who sends a test waits for it, and takes it back in the end; unless his process dies over it.
    """
    return waited > call_timeout + FORGOTTEN


def backoff(spent: int, retry_base: float) -> float:
    """Give the seconds to wait after the attempt that was the `spent`th, before chance adds to it."""
    exponent = min(max(spent, 1) - 1, 40)
    return float(min(retry_base * GROWTH**exponent, max(LONGEST_WAIT, retry_base)))


def spread(seconds: float, jitter: float) -> float:
    """Spread a pause that Calendly asked for over a second or a twentieth of it: later, never earlier."""
    return seconds + jitter * max(1.0, seconds / 20)


def _may_repeat(standing: Standing) -> bool:
    # A destination may ask for more care than its template needs, never for less.
    return bool(standing.repeat) and standing.settings.on_unknown != "hold" and not standing.in_vain


def _repeat(standing: Standing) -> Repeat:
    return standing.repeat if standing.in_doubt else ""


def _wait(standing: Standing, seconds: float, jitter: float) -> float:
    """Give from `seconds` up to twice as long, and no less than a call needs that may be on its way still."""
    return max(seconds * (1 + jitter), standing.landing)


def _again(standing: Standing, seconds: float, jitter: float) -> Step:
    """Wait, unless a limit is reached."""
    wait = _wait(standing, seconds, jitter)
    if standing.spent >= standing.settings.max_attempts:
        return _give_up(standing, wait, f"Given up after {standing.spent} attempts.")
    if standing.age + wait > standing.settings.max_age:
        most = standing.settings.max_age
        return _give_up(standing, wait, f"Given up: the next attempt would be past {most} seconds.")
    return Wait(wait, repeat=_repeat(standing))


def _give_up(standing: Standing, wait: float, because: str) -> Step:
    return _find_out(standing, wait, because) if standing.in_doubt else Settle("dead", because)


def _find_out(standing: Standing, wait: float, because: str) -> Step:
    """Nothing is called any more; what may have worked must not be called dead before somebody has looked."""
    if standing.repeat == "looked up" and not standing.in_vain:
        return Wait(max(wait, standing.last_look), repeat="looked up", only_looks=True)
    return Ask(f"Whether the call took effect is unknown. {because}")
