"""Calls per user and minute, and the three headers that tell what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sandbox.clock import Clock
from sandbox.entities import Plan, Token

WINDOW_SECONDS = 60
PAID_LIMIT = 500
FREE_LIMIT = 50


@dataclass(slots=True)
class Window:
    """One user's current minute."""

    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one call found: whether it may go on, and what the headers say."""

    granted: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Give the three headers Calendly puts on every answer; the reset is in seconds from now."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


STRANGER = Allowance(granted=False, limit=PAID_LIMIT, remaining=PAID_LIMIT, reset=WINDOW_SECONDS)


class Rates:
    """Counts calls. All tokens of a user draw on the same window; callers hold the state's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def spend(self, token: Token, plan: Plan) -> Allowance:
        """Count one call, unless the window is used up."""
        now = self._clock.now().timestamp()
        window = self._windows.get(token.user.uuid)
        if window is None or window.ends <= now:
            window = self._windows[token.user.uuid] = Window(now + WINDOW_SECONDS)
        granted = window.used < _limit(token, plan)
        window.used += granted
        return replace(self.look(token, plan), granted=granted)

    def look(self, token: Token, plan: Plan) -> Allowance:
        """Tell what is left, without counting a call."""
        now = self._clock.now().timestamp()
        limit = _limit(token, plan)
        window = self._windows.get(token.user.uuid)
        if window is None or window.ends <= now:
            return Allowance(limit > 0, limit, limit, WINDOW_SECONDS)
        return Allowance(
            window.used < limit, limit, max(0, limit - window.used), math.ceil(window.ends - now)
        )

    def clear(self) -> None:
        """Open every window anew."""
        self._windows.clear()


def _limit(token: Token, plan: Plan) -> int:
    if token.limit is not None:
        return token.limit
    return FREE_LIMIT if plan == "Free" else PAID_LIMIT
