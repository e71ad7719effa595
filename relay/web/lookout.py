"""A web process's lookout: a thread that says in the log what is wrong with Redis, without any request that asks."""

from __future__ import annotations

import threading
import time

import structlog

from relay.errors import StoreUnavailable
from relay.store import Store
from relay.store.excuses import why
from relay.store.lookout import EVERY, Lookout

AFTER_TROUBLE = 5.0  # seconds to wait while Redis is away
log = structlog.get_logger()


class Looking(threading.Thread):
    """Looks at the start of the process and every half minute until it ends."""

    def __init__(self, store: Store) -> None:
        super().__init__(name="lookout", daemon=True)
        self._lookout = Lookout(store)
        self._blind = False

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            time.sleep(EVERY if self.looked() else AFTER_TROUBLE)

    def looked(self) -> bool:
        """Look once; tell whether Redis could be asked."""
        try:
            self._lookout.look()
        except StoreUnavailable as exc:
            if not self._blind:
                log.warning("store.unavailable", because=why(exc))
            self._blind = True
            return False
        except Exception:
            # Requests are served all the same, and say what is wrong with them.
            log.exception("lookout.failed")
            return False
        if self._blind:
            log.info("store.back")
        self._blind = False
        return True
