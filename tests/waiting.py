"""Waiting for something to come true, by asking, up to a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

OFTEN = 0.01  # seconds between two questions at first
SELDOM = 0.4  # seconds between two of them at most


def until(what: Callable[[], Any], seconds: float = 60.0, every: float | None = None) -> Any:
    """Ask until the answer is true, and give it; fail after so many seconds.

    The longer it takes, the less often it is asked, so that asking does not slow down what is waited for: the answer
    is an eighth of the time late at most. `every` asks as often as that instead, where a test needs the very moment.
    """
    began = time.monotonic()
    while not (found := what()):
        waited = time.monotonic() - began
        assert waited < seconds, f"it did not come true within {seconds:.0f} seconds"
        time.sleep(every or min(max(OFTEN, waited / 8), SELDOM))
    return found
