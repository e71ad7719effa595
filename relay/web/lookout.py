"""A web process's lookout: a thread that says in the log what is wrong with Redis, without any request that asks."""

from __future__ import annotations

import threading
import time

from relay.store import Store
from relay.store.lookout import EVERY, Lookout
from relay.store.sight import Sight

AFTER_TROUBLE = 5.0  # seconds to wait while Redis is away


class Looking(threading.Thread):
    """Looks at the start of the process and every half minute until it ends."""

    def __init__(self, store: Store) -> None:
        super().__init__(name="lookout", daemon=True)
        self._lookout = Lookout(store)
        self._sight = Sight("store.")

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            time.sleep(EVERY if self._sight.looked(self._lookout.look) else AFTER_TROUBLE)
