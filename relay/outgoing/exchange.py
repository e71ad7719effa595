"""One request on its way: how long it may still take, and whether any of it has left this machine."""

from __future__ import annotations

import time
from contextvars import ContextVar

SHORTEST_WAIT = 0.001  # seconds; a socket reads a time-out of 0 as "do not block", which is something else


class Exchange:
    """The deadline of one request, and the mark that its first byte was handed to the network."""

    def __init__(self, seconds: float) -> None:
        self.allowed = seconds
        self.sent = False
        self._started = time.monotonic()
        self._ends = self._started + seconds

    @property
    def seconds(self) -> float:
        """Give the seconds since the request began."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """Give the seconds that remain, never less than a socket can wait."""
        return max(SHORTEST_WAIT, self._ends - time.monotonic())

    def check(self) -> None:
        """Raise TimeoutError once the time is over, so that a peer that never pauses cannot go on for ever."""
        if time.monotonic() >= self._ends:
            raise TimeoutError("the time for this request is over")


# Connections live in a pool and outlast a request, so they look here for the request they serve.
CURRENT: ContextVar[Exchange] = ContextVar("exchange")
