"""The watch that every worker process keeps: lanes whose time has come get a turn, whatever died before."""

from __future__ import annotations

import threading
import time

import structlog

from relay.model.ids import SHARDS
from relay.store.lookout import EVERY as LOOK_OUT_EVERY
from relay.store.lookout import Lookout
from relay.store.sight import Sight
from workers.services import Services

EVERY = 0.2  # seconds between two looks at the attention list
AFTER_TROUBLE = 1.0  # seconds to wait while Redis is away
PRESENCE_EVERY = 5.0  # seconds
log = structlog.get_logger()


class Watch(threading.Thread):
    """Looks at the attention list, says that this process is alive, and what is wrong with Redis."""

    def __init__(self, services: Services) -> None:
        super().__init__(name="watch", daemon=True)
        self._services = services
        self._present_at = float("-inf")
        self._lookout = Lookout(services.store)
        self._looked_out_at = float("-inf")
        self._sight = Sight("watch.store_")

    def run(self) -> None:
        """Look until the process ends."""
        pause = 0.0
        while not self._services.stopping.wait(pause):
            pause = EVERY if self._sight.looked(self.look) else AFTER_TROUBLE

    def look(self) -> None:
        """Look once: ask for turns, as many as the threads of a worker can soon take."""
        store, now = self._services.store, time.monotonic()
        room = 2 * self._services.settings.worker_threads - store.turns.waiting()
        if room > 0:
            # A lane that finds no room stays on the list, where it is the first to be found next time.
            store.turns.ask_many(store.lanes.whose_time_has_come(max(1, room // SHARDS)))
        # After the lanes: the part of Redis that is away may be one that they do not need.
        if now - self._present_at > PRESENCE_EVERY:
            store.presence.note(self._services.name)
            self._present_at = now
        if now - self._looked_out_at > LOOK_OUT_EVERY:
            self._looked_out_at = now  # also where it finds nothing out: lanes come first
            self._lookout.look()
