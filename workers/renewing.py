"""Renewing: the grants of OAuth credentials get new tokens before theirs run out, beside the turns."""

from __future__ import annotations

import threading

import structlog

from relay.errors import StoreUnavailable, UnknownCredential
from relay.store.vault import CannotOpen
from workers.services import Services

EVERY = 5.0  # seconds between two looks at all grants
log = structlog.get_logger()


class Renewing(threading.Thread):
    """Looks at the grants every few seconds, in one process at a time, as long as the process runs.

    A look that takes long, since Calendly does not answer, keeps no other process from looking: for each grant there
    is a lock of its own.
    """

    def __init__(self, services: Services) -> None:
        super().__init__(name="renewing", daemon=True)
        self._services = services

    def run(self) -> None:
        """Look until the process ends."""
        while not self._services.stopping.wait(EVERY):
            try:
                if self._services.store.presence.first_in("renewing", EVERY):
                    self.look()
            except StoreUnavailable:
                continue  # the watch says so
            except Exception:
                log.exception(
                    "renewing.failed"
                )  # the next look may go better, and turns renew what they need

    def look(self) -> None:
        """Renew each grant whose time has come, once."""
        for credential in self._services.store.credentials.all():
            if self._services.stopping.is_set():
                return
            try:
                self._services.grants.renew_ahead(credential)
            except UnknownCredential:
                continue  # deleted at this moment
            except CannotOpen:
                log.warning("grant.cannot_be_opened", credential=credential.id)
