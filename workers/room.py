"""Room for turns: a process has so many places, and a lane whose calls hang must not keep one that others need.

A turn cannot leave its calls alone, but it can wait for them aside, where it takes nobody's place. Who does not answer is
remembered for a while: the next lanes that call the same one wait aside from the start, and only some of them at a time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

HANGS = 2.0  # seconds without an answer after which a call counts as one that hangs
REMEMBERED = 60.0  # seconds, unless somebody gets a quick answer in the meantime


class Room:
    """The places of one process. Each thread holds one, stands aside, or is a test's and needs neither.

    As many turns as there are places may stand aside: half of them for Calendly, half for callbacks, and a quarter for
    the same one.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._changed = threading.Condition()
        self._aside: Counter[str] = Counter()
        self._hanging: dict[str, float] = {}  # who does not answer, and until when that is remembered
        self._mine = threading.local()

    def enter(self, seconds: float) -> bool:
        """Take a place for a turn to come, waiting that long for one; tells whether there was one."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._free > 0, seconds):
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Give back a place for which no turn came."""
        with self._changed:
            self._free += 1
            self._changed.notify()

    def sit(self) -> None:
        """Say that this thread's turn has the place that was taken for it."""
        self._mine.seated = True

    def leave(self) -> None:
        """Leave, from a place or from aside."""
        with self._changed:
            if self.stands_aside:
                self._aside -= Counter([self._mine.aside])  # keeps what is left above zero, and nothing else
                self._mine.aside = ""
        if getattr(self._mine, "seated", False):
            self._mine.seated = False
            self.give_back()

    @property
    def stands_aside(self) -> bool:
        """Whether this thread holds no place, but stands aside."""
        return bool(getattr(self._mine, "aside", ""))

    def step_aside(self, whom: str) -> bool:
        """Wait for `whom` without holding a place, if there is room for that; tells whether it is so now."""
        if not getattr(self._mine, "seated", False):
            return self.stands_aside
        with self._changed:
            if not self._has_room_aside(whom):
                return False
            self._aside[whom] += 1
        self._mine.aside = whom
        self._mine.seated = False
        self.give_back()
        return True

    def admits(self, whom: str) -> bool:
        """Tell whether a turn that calls `whom` may go on; where he hangs, only aside, or while places are plenty.

        They are never plenty for callbacks, which have but half of them.
        """
        if not self.is_hanging(whom):
            return True
        plenty = self._free * 2 >= self.places and _kind(whom) != "callback"
        return self.step_aside(whom) or plenty

    def hangs(self, whom: str) -> None:
        """Remember that `whom` does not answer."""
        self._hanging[whom] = time.monotonic() + REMEMBERED

    def answers(self, whom: str) -> None:
        """Remember that `whom` answers."""
        self._hanging.pop(whom, None)

    def is_hanging(self, whom: str) -> bool:
        """Tell whether `whom` did not answer lately."""
        until = self._hanging.get(whom)
        if until is not None and until < time.monotonic():
            self._hanging.pop(whom, None)
            return False
        return until is not None

    def _has_room_aside(self, whom: str) -> bool:
        of_kind = sum(number for each, number in self._aside.items() if _kind(each) == _kind(whom))
        of_it = self._aside[whom]
        return of_it < max(1, self.places // 4) and of_kind < max(1, self.places // 2)


def _kind(whom: str) -> str:
    return whom.partition("/")[0]
