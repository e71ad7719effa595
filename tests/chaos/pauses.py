"""Pauses by hand: while a destination was certainly paused, no attempt began. Told by what its operator was shown, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.chaos.history import Deed, History, Violation
from tests.chaos.lanes import SECOND_CREDENTIAL
from tests.chaos.reading import unix

PAUSED_TOGETHER = "Paused with its credential by hand."
TOGETHER = {"pause credential", "resume credential"}
REMAKES = {"delete", "create"}
MOVES = {"pause", "activate", *TOGETHER, *REMAKES}
SHOWS = {"pause", "activate", "change", "rotate secret", "look"}
SLOWEST = 0.9  # of a second that Redis's clock goes on in a second, while it makes up for being set back
FALLS_BACK = 6.0  # seconds around a step of Redis's clock in which its order of moments says nothing


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a destination was certainly paused: in Unix seconds by Redis's clock, and by ours."""

    since: float
    until: float
    began: float
    ended: float


class Pauses:
    """What operators were shown of states of destinations, and what does not go with it."""

    def __init__(self, history: History) -> None:
        self._history = history

    def violations(self) -> Iterator[Violation]:
        """Give each attempt that began in a pause, and each answer about a state that was not so."""
        for name in self._history.lanes:
            pauses = []
            for found in self._story(name):
                if isinstance(found, Violation):
                    yield found
                else:
                    pauses.append(found)
            yield from self._attempts(name, pauses)

    def certain(self, name: str) -> list[Pause]:
        """Give the times in which a destination was certainly paused."""
        return [found for found in self._story(name) if isinstance(found, Pause)]

    def _attempts(self, name: str, pauses: list[Pause]) -> Iterator[Violation]:
        for told in self._history.log.values():
            if told.lane != name:
                continue
            for at in told.begun:
                for pause in pauses:
                    if pause.since < at < pause.until and not self._stepped(pause):
                        words = f"an attempt of {told.id} began {at - pause.since:.3f} s into a pause"
                        yield Violation("paused", told.id, words)

    def _stepped(self, pause: Pause) -> bool:
        """Tell whether Redis's clock was set back so near that its time fell back as well, by up to five seconds."""
        return any(pause.began - FALLS_BACK < at < pause.ended + FALLS_BACK for at in self._history.set_back)

    def _story(self, name: str) -> Iterator[Pause | Violation]:
        """Go through what the operator of a destination did and saw."""
        about = {name, "second"} if name in SECOND_CREDENTIAL else {name}
        sight = _Sight(name)
        for deed in self._history.deeds:
            if deed.about in about and not deed.refused:
                yield from sight.take(deed)


class _Sight:
    """What an operator knows of the state of a destination by now; nothing where a deed may have been done, or may still be."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known = "active"
        self._blind_until = 0.0
        self._paused: tuple[float, Deed] | None = None  # since when by Redis's clock, and what showed it

    def take(self, deed: Deed) -> Iterator[Pause | Violation]:
        """Take in what he did or saw next, and give the pause that it ended, or what does not go with what he knew."""
        if deed.kind in MOVES and not deed.done:
            yield from self._end_in_sight(deed)
            self._forget()
            self._blind_until = max(self._blind_until, deed.over_at)
        elif deed.kind in REMAKES:
            yield from self._end_in_sight(deed)
            self._forget()
        elif deed.kind in TOGETHER:
            if self._known and (wrong := _misled(deed, self._name, self._known)):
                yield Violation("undone", self._name, wrong)
            if deed.kind == "resume credential":  # what is still paused after it, a look tells
                yield from self._end_in_sight(deed)
                self._paused = None
            self._known = ""
        elif deed.kind in SHOWS and deed.done and deed.began >= self._blind_until:
            yield from self._see(deed)

    def _end_in_sight(self, deed: Deed) -> Iterator[Pause]:
        """It was paused at least until somebody asked for something else."""
        if self._paused:
            since, first = self._paused
            yield Pause(since, since + SLOWEST * (deed.began - first.ended), first.began, deed.began)

    def _forget(self) -> None:
        self._known, self._paused = "", None

    def _see(self, deed: Deed) -> Iterator[Pause | Violation]:
        shown = _shown(deed)
        expected = {"pause": "paused", "activate": "active"}.get(deed.kind, self._known)
        if expected and shown != expected:
            words = f"{deed.id} ({deed.kind}) found it {shown}, not {expected}"
            yield Violation("undone", self._name, words)
        self._known = shown
        if shown != "active":
            self._paused = self._paused or (unix(deed.answer["updated_at"]), deed)
        elif self._paused:
            since, first = self._paused
            yield Pause(since, unix(deed.answer["activated_at"]), first.began, deed.ended)
            self._paused = None


def _shown(deed: Deed) -> str:
    together = deed.answer.get("paused_because") == PAUSED_TOGETHER
    return "paused together" if together else str(deed.answer["state"])


def _misled(deed: Deed, name: str, known: str) -> str:
    """Say what is wrong with an answer that names the destinations which a credential paused or activated."""
    named = name in deed.answer["destinations"]
    expected = known == ("active" if deed.kind == "pause credential" else "paused together")
    return (
        ""
        if named == expected
        else f"{deed.id} ({deed.kind}) named {deed.answer['destinations']}; it was {known}"
    )
