"""What Calendly's headers tell about time: the rate window, and how long to stay away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relay.model.call import Answer, Outcome
from relay.outgoing.waits import retry_after, seconds

USUAL_WINDOW = 60.0  # seconds; what a 429 means where no header says more
SHORTEST_WAIT = 1.0  # seconds; a pause costs no attempt, so one of nothing would go round and round
LONGEST_WAIT = 3600.0  # seconds; a header that asks for more is a slip, or meant for somebody else
HIGHEST_COUNT = 1_000_000  # calls in one window; beyond it is garbage


@dataclass(frozen=True, slots=True)
class RateTold:
    """What one answer told of its user's window; None where it did not say."""

    limit: int | None
    remaining: int | None
    reset_seconds: float | None


def rate_told(outcome: Outcome) -> RateTold | None:
    """Read the three rate headers; None when none of them can be read."""
    if not isinstance(outcome, Answer):
        return None
    headers = outcome.headers
    told = RateTold(
        limit=_count(headers.get("x-ratelimit-limit", "")),
        remaining=_count(headers.get("x-ratelimit-remaining", "")),
        reset_seconds=_reset(headers),
    )
    return None if told == RateTold(None, None, None) else told


def wait_told(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Give the seconds that `Retry-After` asks for, at most an hour; None when it asks for nothing."""
    return retry_after(headers, longest=LONGEST_WAIT, now=now)


def window_wait(headers: Mapping[str, str], now: datetime | None = None) -> float:
    """Give the seconds after a 429 before anybody may call again: the longest of what the headers say."""
    waits = [wait for wait in (wait_told(headers, now), _reset(headers)) if wait is not None]
    return max(SHORTEST_WAIT, *waits) if waits else USUAL_WINDOW


def _reset(headers: Mapping[str, str]) -> float | None:
    """Give the seconds until the window opens again. Calendly sends seconds, never a moment."""
    told = seconds(headers.get("x-ratelimit-reset", ""))
    return None if told is None else min(told, LONGEST_WAIT)


def _count(text: str) -> int | None:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(HIGHEST_COUNT)):
        return None
    return min(int(digits), HIGHEST_COUNT)
