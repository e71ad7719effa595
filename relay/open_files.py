"""How many files a process may have open. Connections count as files, and what a shell allows is often just 1,024."""

from __future__ import annotations

import resource

MOST = 65_536
MODEST = 10_240  # what every macOS grants, whatever else it says


def allow_many() -> int:
    """Raise this process's limit, and that of the processes it starts, to what the machine permits; give what it is then."""
    allowed, permitted = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (MOST, MODEST):
        if _at_least(allowed, wanted):
            return wanted
        possible = wanted if _at_least(permitted, wanted) else permitted
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (possible, permitted))
        except (ValueError, OSError):  # the kernel has a bound of its own below what it permits
            continue
        return possible
    return allowed


def _at_least(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted
