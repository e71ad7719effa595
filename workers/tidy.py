"""Tidying: logs are kept short and secrets fresh, by one worker process at a time, beside its other work."""

from __future__ import annotations

import threading

import structlog

from relay.errors import StoreUnavailable
from workers.services import Services

EVERY = 600.0  # seconds
log = structlog.get_logger()


class Tidy(threading.Thread):
    """Tidies at the start of the process and every ten minutes, unless another process has just done it."""

    def __init__(self, services: Services) -> None:
        super().__init__(name="tidy", daemon=True)
        self._services = services

    def run(self) -> None:
        """Tidy until the process ends."""
        pause = 1.0
        while not self._services.stopping.wait(pause):
            pause = EVERY
            try:
                self.tidy()
            except StoreUnavailable:
                pause = EVERY / 10
            except Exception:
                log.exception("tidy.failed")  # the next time may go better, and nothing waits for it

    def tidy(self) -> None:
        """Seal anew what an older key sealed, end what a deletion left over, and take expired names off the logs."""
        store = self._services.store
        # Keys may differ from process to process while they are rotated, so each looks after the secrets.
        store.resealing.run()
        if store.presence.first_in("tidying", EVERY / 2):
            # Who deletes a destination ends what waited there, unless its process dies over it.
            store.discards.finish(EVERY / 10)
            store.retention.trim()
