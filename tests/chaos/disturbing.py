"""Carrying a plan out: each disturbance strikes its target, lasts, and is lifted again."""

from __future__ import annotations

import heapq
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

import redis

from tests.chaos.house import House
from tests.chaos.plan import Disturbance
from tests.processes import Program

COMES_UP = 1.5  # seconds that a process has to come up in before it is struck again
RETRY = 0.3  # seconds after which a disturbance whose target is struck already is tried again
SLOW = 0.15  # seconds for each piece of bytes on a slow way
HOUR = 3600
TROUBLES = {
    "drop answers after the effect": "after",
    "drop calls before the effect": "before",
    "answer with 5xx and 429": "errors",
    "take effect late": "slow",
}
Lift = Callable[[], object]


class Chaos:
    """Strikes what the plan says. All of it happens in the calling thread: only that one may start processes."""

    def __init__(self, house: House) -> None:
        self.struck: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.troubles: list[str] = []
        self.set_back: list[float] = []  # when Redis's clock was
        self.spans: list[tuple[str, float, float]] = []  # what was disturbed, from when, until when
        self._lifted_at = time.monotonic()
        self._house = house
        self._busy: dict[str, float] = {}  # target -> when it may be struck again
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def peace_since(self) -> float:
        """Give the moment since when nothing is disturbed: now, while something is."""
        return time.monotonic() if float("inf") in self._busy.values() else self._lifted_at

    def run(self, plan: list[Disturbance]) -> None:
        """Carry the plan out and return once everything is lifted again."""
        at = time.monotonic()
        for disturbance in plan:
            at += disturbance.pause
            self._at(at, partial(self._begin, disturbance))
        while self._queue:
            at, _, act = heapq.heappop(self._queue)
            time.sleep(max(0.0, at - time.monotonic()))
            self.raise_fallen()
            act()

    def raise_fallen(self) -> None:
        """Start what has ended without being killed, as a supervisor would, and remember that it did."""
        for name, program in self._house.programs.items():
            if not program.alive and self._busy.get(name) != float("inf"):
                self.troubles.append(f"{name} ended by itself, with {program.child.exit_code}")
                program.kill()
                program.start()

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._order), act))

    def _begin(self, disturbance: Disturbance) -> None:
        now = time.monotonic()
        if self._busy.get(disturbance.target, 0.0) > now:
            self._at(now + RETRY, partial(self._begin, disturbance))
            return
        lift = self._strike(disturbance)
        if lift is None:
            self.left_out[disturbance.kind] += 1
            return
        self.struck[disturbance.kind] += 1
        self._busy[disturbance.target] = float("inf")
        self._at(now + disturbance.lasts, partial(self._end, disturbance.target, now, lift))

    def _end(self, target: str, began: float, lift: Lift) -> None:
        lift()
        self._lifted_at = time.monotonic()
        self.spans.append((target, began, self._lifted_at))
        self._busy[target] = self._lifted_at + COMES_UP

    def _strike(self, disturbance: Disturbance) -> Lift | None:
        """Do it, and give what lifts it; None where it cannot be done here."""
        kind, target = disturbance.kind, disturbance.target
        if kind.startswith("clock"):
            return self._step(target, HOUR if kind.endswith("forward") else -HOUR)
        if target in self._house.ways:
            return self._disturb_way(kind, target)
        if target == "calendly":
            return self._disturb_calendly(kind)
        if target == "redis":
            return self._disturb_redis(kind)
        return self._disturb_program(kind, self._house.programs[target])

    def _step(self, target: str, seconds: int) -> Lift | None:
        if not self._house.clocks.work:
            return None
        self._house.clocks.step(target, seconds)
        if target == "redis" and seconds < 0:
            self.set_back.append(time.monotonic())
        return _nothing

    def _disturb_way(self, kind: str, target: str) -> Lift:
        way = self._house.ways[target]
        match kind:
            case "cut connections":
                way.cut()
                return _nothing
            case "refuse connections":
                way.refuse()
                way.cut()
            case "slow connections":
                way.delay = SLOW
            case "swallow everything":
                way.swallow()
            case "swallow answers":
                way.swallow_answers()
        return way.heal

    def _disturb_calendly(self, kind: str) -> Lift:
        calendly = self._house.calendly
        calendly.trouble = TROUBLES[kind]

        def lift() -> None:
            calendly.trouble = ""

        return lift

    def _disturb_redis(self, kind: str) -> Lift:
        server = self._house.processes.redis
        if kind == "kill Redis":
            server.kill()
            return server.start
        if kind == "stop Redis":
            self._house.processes.freeze_redis()
            return self._house.processes.thaw_redis
        self._memory(1)
        return partial(self._memory, 0)

    def _memory(self, most: int) -> None:
        with redis.Redis.from_url(self._house.processes.redis.url, socket_timeout=20) as client:
            client.config_set("maxmemory", most)

    def _disturb_program(self, kind: str, program: Program) -> Lift:
        if kind.startswith("stop"):
            program.freeze()
            return program.thaw
        children = _children(program.child.pid or 0) if kind == "kill one of the web's processes" else []
        if children:
            with suppress(ProcessLookupError):  # it had just ended by itself
                os.kill(children[0], signal.SIGKILL)
            return _nothing
        program.kill()  # all of the web, too, where it has no processes yet or nobody can tell
        return program.start


def _children(pid: int) -> list[int]:
    """Give the processes that a process has started, where the system tells."""
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in file.read_text(encoding="ascii").split()] if file.exists() else []


def _nothing() -> None:
    """Lift what is over as soon as it has begun."""
