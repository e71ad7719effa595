"""Following the log: what is new in it, and what changed its state, from one look to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Delivery = Mapping[str, Any]
Read = Callable[[], Iterable[Delivery]]
FindOne = Callable[[str], Delivery | None]

MOST_REMEMBERED = 5000
MOST_ASKED = 50  # deliveries that are asked for one by one, at each look
SETTLED = frozenset({"delivered", "dead", "canceled", "split"})


class Follower:
    """Remembers what it has shown. `newest` reads the log newest first, `find` one delivery by its id."""

    def __init__(self, newest: Read, find: FindOne) -> None:
        self._newest = newest
        self._find = find
        self._known: dict[str, tuple[str, int]] = {}

    def look(self, at_least: int) -> list[Delivery]:
        """Give what is new or has changed, oldest first. It reads `at_least` so many, and on until nothing is new."""
        seen: dict[str, Delivery] = {}
        for number, delivery in enumerate(self._newest(), start=1):
            seen[delivery["id"]] = delivery
            if number >= at_least and (delivery["id"] in self._known or not self._known):
                break
        for identifier in self._out_of_sight(seen):
            if (found := self._find(identifier)) is not None:
                seen[identifier] = found
        news = [each for each in seen.values() if self._known.get(each["id"]) != _mark(each)]
        for each in news:
            self._known[each["id"]] = _mark(each)
        self._forget()
        return sorted(news, key=lambda each: (each["updated_at"] or each["accepted_at"], each["id"]))

    def _out_of_sight(self, seen: Mapping[str, Delivery]) -> list[str]:
        """Give those that are not settled and were not among what was read: their state may have changed too."""
        waiting = [
            name for name, (state, _) in self._known.items() if state not in SETTLED and name not in seen
        ]
        return waiting[-MOST_ASKED:]

    def _forget(self) -> None:
        for name in sorted(self._known)[:-MOST_REMEMBERED]:
            del self._known[name]


def _mark(delivery: Delivery) -> tuple[str, int]:
    return str(delivery["state"]), int(delivery["attempts"])
