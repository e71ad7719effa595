"""The log of API calls, for tests and for people who want to see what a client really sent."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

KEPT_CALLS = 50_000


@dataclass(slots=True)
class Entry:
    """One call. `status` None means that no answer was sent; `effect` tells whether anything changed."""

    number: int
    at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    user: str | None
    body: str
    status: int | None
    answer: object
    effect: bool
    fault: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; None does not filter. `path` may end with * for all that begins so."""

    method: str | None = None
    path: str | None = None
    status: int | None = None
    effect: bool | None = None
    since: int = 0

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is one of them."""
        return (
            entry.number > self.since
            and self.method in {None, entry.method}
            and self.status in {None, entry.status}
            and self.effect in {None, entry.effect}
            and (self.path is None or _path_fits(self.path, entry.path))
        )


class Journal:
    """Keeps the last calls in the order they were decided, and counts all of them."""

    def __init__(self, kept: int = KEPT_CALLS) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._numbers = itertools.count(1)
        self._counts: Counter[str] = Counter()

    def add(self, **what: Any) -> None:
        """Remember a call: every property of an entry but its number."""
        with self._lock:
            entry = Entry(number=next(self._numbers), **what)
            self._entries.append(entry)
            self._counts[f"{entry.method} {entry.status or 'no answer'}"] += 1

    def entries(self, wanted: Wanted | None = None) -> list[Entry]:
        """Give the calls that fit, oldest first."""
        with self._lock:
            kept = list(self._entries)
        return [entry for entry in kept if wanted.fits(entry)] if wanted else kept

    def counts(self) -> dict[str, int]:
        """How many calls came to what since the last clearing, also those no longer kept: `{"POST 201": 3}`."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()


def to_dict(entry: Entry) -> dict[str, object]:
    """Give an entry as JSON."""
    return asdict(entry)


def _path_fits(wanted: str, path: str) -> bool:
    return path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
