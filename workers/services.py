"""What a worker process works with: one of each, shared by its threads."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from relay.calendly import Calendly, Finds, Found
from relay.config import Settings
from relay.oauth import Grants
from relay.outgoing import Sender, callback_door
from relay.store import Store, open_store
from workers.room import Room


class Seats:
    """The places of this process that callbacks may hold at a time, and when one was last missed."""

    def __init__(self, number: int) -> None:
        self._free = threading.Semaphore(number)
        self._mine = threading.local()
        self.missed_at = float("-inf")  # by the monotonic clock

    def take(self) -> bool:
        """Take a seat if there is one; tells whether there was."""
        taken = self._free.acquire(blocking=False)
        if not taken:
            self.missed_at = time.monotonic()
        else:
            self._mine.taken = self._mine_taken() + 1
        return taken

    def leave(self) -> None:
        """Give a seat of this thread's back, if it has one."""
        if self._mine_taken():
            self._mine.taken -= 1
            self._free.release()

    def _mine_taken(self) -> int:
        taken: int = getattr(self._mine, "taken", 0)
        return taken


@dataclass(frozen=True, slots=True)
class Services:
    """The store, the ways out, and whether this process is about to end.

    `room` are the places for turns; `callback_seats` are those that callbacks may hold: receivers must leave some to deliveries. `finds`
    are what look-ups found lately.
    """

    settings: Settings
    store: Store
    calendly: Calendly
    callback_door: Sender
    name: str
    callback_seats: Seats
    grants: Grants
    room: Room
    stopping: threading.Event = field(default_factory=threading.Event)
    finds: Finds[Found] = field(default_factory=Finds)


class _Current:
    """RQ calls a turn by its name with nothing but the lane; this is where the turn finds the rest."""

    services: Services | None = None


def open_services(settings: Settings, name: str) -> Services:
    """Build what a worker process works with, and make it this process's own."""
    store = open_store(settings)
    services = Services(
        settings,
        store,
        Calendly(settings),
        callback_door(settings),
        name,
        Seats(settings.worker_threads // 2),
        Grants(settings, store),
        Room(settings.worker_threads),
    )
    _Current.services = services
    return services


def current() -> Services:
    """Give this process's services."""
    if _Current.services is None:
        raise RuntimeError("open_services comes first")
    return _Current.services
