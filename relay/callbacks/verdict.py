"""What became of a callback, and when to try again. Pure: the clock stays out, and chance is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from relay.model.call import Answer, NotSent, Outcome
from relay.outgoing.waits import retry_after

LONGEST_WAIT = 43_200.0  # seconds that a receiver may ask for: as long as our own longest wait
JITTER = 0.1  # at most this part of a wait is added, so that callbacks that failed together come back apart


@dataclass(frozen=True, slots=True)
class Arrived:
    """The receiver has it."""

    name: ClassVar[str] = "arrived"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver answered 410: no callback is wanted at this URL any more, neither this one nor another."""

    name: ClassVar[str] = "gone"
    reason: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The address may not be called, so no later try can help."""

    name: ClassVar[str] = "forbidden"
    reason: str


@dataclass(frozen=True, slots=True)
class Unshaped:
    """The destination's `callback.body` gives nothing for this payload: nothing was sent until a person mends it."""

    name: ClassVar[str] = "unshaped"
    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It did not arrive, or nobody knows; not again before `wait` seconds have passed."""

    name: ClassVar[str] = "try_again"
    reason: str
    wait: float = 0.0


CallbackVerdict = Arrived | Gone | Forbidden | Unshaped | TryAgain


def read_callback_outcome(outcome: Outcome) -> CallbackVerdict:
    """Say what an attempt at a callback came to. A repeat is harmless: the receiver knows it by its webhook-id."""
    if isinstance(outcome, NotSent):
        return Forbidden(outcome.reason) if outcome.forbidden else TryAgain(outcome.reason)
    if not isinstance(outcome, Answer):
        return TryAgain(outcome.reason)
    if 200 <= outcome.status <= 299:
        return Arrived()
    reason = f"the receiver answered {outcome.status}"
    if outcome.status == 410:
        return Gone(f"{reason}: callbacks to this address have ended")
    if 300 <= outcome.status <= 399:
        reason += ", and redirects are not followed"
    return TryAgain(reason, retry_after(outcome.headers, longest=LONGEST_WAIT) or 0.0)


def next_wait(
    retries: Sequence[float], attempt_number: int, jitter: float, at_least: float = 0.0
) -> float | None:
    """Give the seconds to wait after attempt `attempt_number` (the first is 1), or None when that was the last.

    `jitter`, from 0 up to 1, adds at most a tenth; `at_least` is what the receiver asked for.
    """
    if attempt_number > len(retries):
        return None
    return max(retries[attempt_number - 1], at_least) * (1 + JITTER * jitter)
