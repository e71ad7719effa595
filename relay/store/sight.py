"""Looking at Redis again and again: that it went out of sight, and came back, is told once each time."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from relay.errors import StoreUnavailable
from relay.store.excuses import why

log = structlog.get_logger()


class Sight:
    """Of one thread that looks at Redis; `events` is what the names of its events begin with."""

    def __init__(self, events: str) -> None:
        self._lost, self._back, self._failed = (
            events + what for what in ("unavailable", "back", "look_failed")
        )
        self._blind = False

    def looked(self, look: Callable[[], None]) -> bool:
        """Look once; tell whether Redis could be asked. A fault of ours is logged, and must not end the looking."""
        try:
            look()
        except StoreUnavailable as exc:
            if not self._blind:
                log.warning(self._lost, because=why(exc))
            self._blind = True
            return False
        except Exception:
            log.exception(self._failed)
            return False
        if self._blind:
            log.info(self._back)
        self._blind = False
        return True
