"""Moments to come that any worker can tell the distance of, whatever is done to the time of day meanwhile.

On the machine where one was written down its monotonic clock counts, which nobody sets; on another one the time of day.
"""

from __future__ import annotations

import time
from pathlib import Path

try:
    BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
except OSError:
    BOOT = ""  # not Linux: the time of day is all there is


def moment_in(seconds: float) -> str:
    """Write down the moment that is so many seconds away."""
    monotonic, wall = (round((clock() + seconds) * 1000) for clock in (time.monotonic, time.time))
    return f"{wall} {monotonic} {BOOT}"


def seconds_until(moment: str) -> float:
    """Give the seconds until a moment that `moment_in` wrote; negative ones once it has passed."""
    wall, monotonic, boot = moment.split(" ")
    if boot and boot == BOOT:
        return int(monotonic) / 1000 - time.monotonic()
    return int(wall) / 1000 - time.time()
