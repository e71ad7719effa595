"""Keeps the processes of the house running, and ends them in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from local.child import Child
from local.errors import CannotStart, StopAsked, TookTooLong

STOP_TIME = 9.0  # seconds from the wish to stop until nothing runs any more
STAGE_TIME = 1.0  # seconds of those that each later stage can count on
STEADY = 10.0  # seconds after which a child counts as healthy again
LOOK_EVERY = 0.05  # seconds
SAME_WISH = 0.3  # seconds; a terminal and `make` may both pass on one and the same Ctrl-C
FIRST_WAIT = 0.2  # seconds before a child is started again
LONGEST_WAIT = 5.0  # seconds
HOPELESS = 4  # failures in a row, while the house is not up yet


def wait_before_restart(failures: int) -> float:
    """Decide how long to wait after this many failures in a row, counted from 0."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 10)))


@dataclass(slots=True)
class Watched:
    """A child, and what its past says about the next start."""

    child: Child
    started: float
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    """Starts children stage by stage, restarts those that die, and stops the stages in reverse order.

    Use it from the main thread, within `listening`, and call `stop` in the end, whatever happened.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._stages: list[list[Watched]] = []
        self._first_wish: float | None = None
        self._impatient = False

    @property
    def children(self) -> list[Child]:
        """All children, in the order of their start."""
        return [watched.child for stage in self._stages for watched in stage]

    def start(self, *children: Child) -> None:
        """Start children that may stop together, as the next stage."""
        stage: list[Watched] = []
        self._stages.append(stage)
        for child in children:
            child.start()
            stage.append(Watched(child, time.monotonic()))

    def until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        """Keep watch until something happened.

        Raises TookTooLong after so many seconds, CannotStart if a child ends again and again, StopAsked on a signal.
        """
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise TookTooLong(f"{what} did not happen within {seconds:.0f} seconds.")
            self.watch_once()
            self._give_up_on_the_hopeless()

    def watch(self, chore: Callable[[], None]) -> None:
        """Keep watch until somebody asks to stop, doing a small chore at each look."""
        try:
            while True:
                self.watch_once()
                chore()
        except StopAsked:
            return

    def watch_once(self) -> None:
        """Look after every child once, then rest for a moment."""
        if self._first_wish is not None:
            raise StopAsked
        for stage in self._stages:
            for watched in stage:
                self._look_after(watched)
        time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """End every child, last stage first; who takes too long is killed. A second Ctrl-C kills at once."""
        deadline = time.monotonic() + STOP_TIME
        for below in reversed(range(len(self._stages))):
            stage = [watched.child for watched in self._stages[below]]
            for child in stage:
                child.ask_to_stop()
            self._await_end(stage, deadline - below * STAGE_TIME)
            for child in stage:
                if child.alive:
                    self._say(f"{child.name} did not stop in time; killing it")
                child.clear_away()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop, for as long as the block lasts."""
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._asked_to_stop) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first_wish is None:
            self._first_wish = now
        elif number == signal.SIGINT and now - self._first_wish > SAME_WISH:
            self._impatient = True

    def _await_end(self, stage: list[Child], deadline: float) -> None:
        while any(child.alive for child in stage) and time.monotonic() < deadline and not self._impatient:
            time.sleep(LOOK_EVERY)

    def _give_up_on_the_hopeless(self) -> None:
        for watched in (watched for stage in self._stages for watched in stage):
            if watched.failures >= HOPELESS:
                raise CannotStart(
                    f"{watched.child.name} ends whenever it is started: {_last_words(watched.child)}"
                )

    def _look_after(self, watched: Watched) -> None:
        now = time.monotonic()
        if watched.restart_at is not None and now >= watched.restart_at:
            watched.child.start()
            watched.started, watched.restart_at = now, None
        elif watched.restart_at is None and not watched.child.alive:
            watched.child.clear_away()
            watched.failures = 0 if now - watched.started > STEADY else watched.failures
            wait = wait_before_restart(watched.failures)
            watched.failures += 1
            watched.restart_at = now + wait
            self._say(f"{watched.child.name} {_how_it_ended(watched.child)}; starting it again in {wait:g} s")
            gave_up = (watched.child.exit_code or 0) > 0  # then it said why, and nobody has seen that
            if gave_up and watched.child.listener is None and watched.failures == 1:
                self._say(f"the last that {watched.child.name} said: {_last_words(watched.child)}")


def _last_words(child: Child) -> str:
    return child.last_lines[-1] if child.last_lines else "it said nothing"


def _how_it_ended(child: Child) -> str:
    code = child.exit_code or 0
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
