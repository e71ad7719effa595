"""Waiting for something to come true, by asking, up to a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(what: Callable[[], Any], seconds: float = 30.0, every: float = 0.02) -> Any:
    """Ask until the answer is true, and give it; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"it did not come true within {seconds:.0f} seconds"
        time.sleep(every)
    return found
