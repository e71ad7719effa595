"""What a worker process works with: one of each, shared by its threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from relay.calendly import Calendly
from relay.config import Settings
from relay.outgoing import Sender, callback_door
from relay.store import Store, open_store


class Seats:
    """The threads of this process that callbacks may hold at a time, and when one was last missed."""

    def __init__(self, number: int) -> None:
        self._free = threading.Semaphore(number)
        self.missed_at = float("-inf")  # by the monotonic clock

    def take(self) -> bool:
        """Take a seat if there is one; tells whether there was."""
        taken = self._free.acquire(blocking=False)
        if not taken:
            self.missed_at = time.monotonic()
        return taken

    def leave(self) -> None:
        """Give a seat back."""
        self._free.release()


@dataclass(frozen=True, slots=True)
class Services:
    """The store, the two ways out, and whether this process is about to end.

    `callback_seats` are the threads that callbacks may hold: receivers that hang must leave some to deliveries.
    """

    settings: Settings
    store: Store
    calendly: Calendly
    callback_door: Sender
    name: str
    callback_seats: Seats
    stopping: threading.Event = field(default_factory=threading.Event)


class _Current:
    """RQ calls a turn by its name with nothing but the lane; this is where the turn finds the rest."""

    services: Services | None = None


def open_services(settings: Settings, name: str) -> Services:
    """Build what a worker process works with, and make it this process's own."""
    services = Services(
        settings,
        open_store(settings),
        Calendly(settings),
        callback_door(settings),
        name,
        Seats(settings.worker_threads // 2),
    )
    _Current.services = services
    return services


def current() -> Services:
    """Give this process's services."""
    if _Current.services is None:
        raise RuntimeError("open_services comes first")
    return _Current.services
