"""Telling the row that is meant from the others, and saying in words why there is not exactly one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.catalogue.look_up import LookUp, Match
from relay.catalogue.proof import at

MOST_CANDIDATES = 10  # listed in an error
LONGEST_VALUE = 120  # characters shown of each attribute


class Sieve:
    """Takes row after row, and keeps only those that fit and some that nearly do: lists can be long."""

    def __init__(self, look_up: LookUp, fields: Mapping[str, Any]) -> None:
        self._look_up = look_up
        self._fields = fields
        self._exact = _Heap()
        self._alike = _Heap()
        self._near = _Heap()
        self._others = _Heap()
        self._left_out_for_number = False

    def take(self, row: Mapping[str, Any]) -> None:
        """Look at one row."""
        look_up = self._look_up
        fits = [_fit(row, one, self._fields[one.field]) for one in look_up.match if one.field in self._fields]
        taken = at(row, look_up.takes)
        if None in fits:
            heap = self._others
        elif not isinstance(taken, str) or not self._may_be_meant(row):
            heap = self._near
        else:
            heap = self._exact if all(fits) else self._alike
        heap.add(
            taken if isinstance(taken, str) else str(at(row, "uri")),
            {name: at(row, name) for name in look_up.shows},
        )

    def _may_be_meant(self, row: Mapping[str, Any]) -> bool:
        if any(at(row, name) != value for name, value in self._look_up.having.items()):
            return False
        numbers = [(at(row, name), most) for name, most in self._look_up.at_most.items()]
        too_high = any(isinstance(number, int) and number > most for number, most in numbers)
        self._left_out_for_number |= too_high
        return not too_high

    @property
    def found(self) -> int:
        """Tell how many fit."""
        return len(self._fitting)

    @property
    def the_one(self) -> tuple[str, dict[str, Any]]:
        """Give the one that fits: what the look-up takes of it, and what is shown of it."""
        [(taken, shown)] = self._fitting.kept.items()
        return taken, shown

    @property
    def trouble(self) -> str:
        """Say why there is not exactly one, with candidates; empty if there is."""
        look_up, fitting = self._look_up, self._fitting
        if len(fitting) == 1:
            return ""
        if len(fitting):
            what = f"Calendly has {len(fitting)} {look_up.many} with {self._given}, and exactly one is needed"
            return f"{what}:{fitting.listed()}"
        what = f"Calendly has no {look_up.one} with {self._given}"
        if self._left_out_for_number:
            what = f"{what}. {look_up.why_at_most}"
        if len(self._near):
            return f"{what}. What comes near:{self._near.listed()}"
        if look_up.shows_all and len(self._others):
            return f"{what}. There are:{self._others.listed()}"
        return what

    @property
    def _fitting(self) -> _Heap:
        return self._exact if len(self._exact) else self._alike

    @property
    def _given(self) -> str:
        given = [name for name in self._look_up.fields if name in self._fields]
        return " and ".join(f"{name} {_shown(self._fields[name])}" for name in given)


class _Heap:
    """Rows of one kind: all are counted, each once, and the first ones are kept."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, key: str, shown: dict[str, Any]) -> None:
        self._seen.add(key)
        if len(self.kept) < MOST_CANDIDATES:
            self.kept.setdefault(key, shown)

    def listed(self) -> str:
        """Give the rows that were kept, numbered, as far as they have something to show."""
        lines = [
            f" ({number}) {', '.join(_shown(value) for value in shown.values() if value not in (None, ''))}"
            for number, shown in enumerate(self.kept.values(), 1)
        ]
        more = len(self) - len(self.kept)
        return ";".join(lines) + (f"; and {more} more" if more else "")


def _fit(row: Mapping[str, Any], match: Match, wished: str) -> bool | None:
    """Tell how a row fits: True to the letter, False as far as names may differ, None not at all."""
    values = [value for value in (at(row, name) for name in match.attributes) if isinstance(value, str)]
    if match.like == "moment":
        return True if any(_same_second(value, wished) for value in values) else None
    if wished in values:
        return True
    if match.like == "exact" or wished.casefold() not in {value.strip().casefold() for value in values}:
        return None
    return match.like == "email"


def _same_second(theirs: str, ours: str) -> bool:
    try:
        one, other = (datetime.fromisoformat(text).replace(microsecond=0) for text in (theirs, ours))
        return bool(one == other)
    except ValueError:
        return False


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
