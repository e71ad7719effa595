"""What look-ups found lately in this process: kept for a minute, and looked up once however many ask at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from cachetools import TTLCache

KEPT = 60.0  # seconds; for so long Calendly may have changed its mind
MOST = 10_000  # finds; the oldest go first

T = TypeVar("T")


class Finds(Generic[T]):
    """Finds by key. Safe among threads. What was not found is not kept: the next one to ask looks again."""

    def __init__(
        self, *, kept: float = KEPT, most: int = MOST, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._kept: TTLCache[Hashable, T] = TTLCache(maxsize=most, ttl=kept, timer=timer)
        self._on_their_way: dict[Hashable, Future[T]] = {}

    def get(self, key: Hashable, look: Callable[[], T]) -> tuple[T, bool]:
        """Give the find for a key, and whether it was looked up just now for this very caller.

        `look` is called if nobody found it lately and nobody is looking. Whoever asks while somebody is looking waits,
        and has the same find or the same exception.
        """
        with self._lock:
            if key in self._kept:
                return self._kept[key], False
            mine = Future[T]()
            flight = self._on_their_way.setdefault(key, mine)
        if flight is not mine:
            return flight.result(), False
        return self._look(key, look, mine), True

    def forget(self, key: Hashable) -> None:
        """Let the next one to ask look again."""
        with self._lock:
            self._kept.pop(key, None)

    def _look(self, key: Hashable, look: Callable[[], T], mine: Future[T]) -> T:
        try:
            found = look()
        except BaseException as exc:
            # Those who wait must hear of it, whatever it is.
            self._land(key)
            mine.set_exception(exc)
            raise
        self._land(key, found)
        mine.set_result(found)
        return found

    def _land(self, key: Hashable, *found: T) -> None:
        with self._lock:
            del self._on_their_way[key]
            for one in found:
                self._kept[key] = one
