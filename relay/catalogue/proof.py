"""What shows at Calendly that a call took effect, described as data: where to look, and what stands there then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.catalogue.answers import Says
from relay.catalogue.look_up import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place that can show the effect, and what it looks like there.

    A row of a list, or the one thing of a `single` listing, shows it if what it has at each dotted path in `match`
    equals the field of the call that is named there, if it has the values of `having` and none of `never`. A field that the call leaves
    out may be anything in the row; lists agree in any order, emails in any case. With `gone` it is the other way round: the
    effect is that the thing is no longer there.

    `takes` is the dotted path of what Calendly would have answered, empty for the row itself; a row without it shows
    nothing. `adds` are fields of the call that such an answer repeats. Without `answers` the row is of another kind than what the call
    makes.
    """

    listing: Listing
    match: Mapping[str, str] = field(default_factory=dict)
    having: Mapping[str, str] = field(default_factory=dict)
    never: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False
    takes: str = ""
    adds: tuple[str, ...] = ()
    answers: bool = True
    meaning: str  # a sentence: that the effect stands

    def shown_by(self, rows: Iterable[Mapping[str, Any]], wished: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the resource of the first row that shows the effect of a call with these fields, or None."""
        for row in rows:
            taken = at(row, self.takes) if self.takes else row
            if isinstance(taken, Mapping) and self._shows(row, wished):
                return {**{name: wished[name] for name in self.adds if name in wished}, **taken}
        return None

    def _shows(self, row: Mapping[str, Any], wished: Mapping[str, Any]) -> bool:
        if any(at(row, path) == value for path, value in self.never.items()):
            return False
        if any(at(row, path) != value for path, value in self.having.items()):
            return False
        return all(
            _agree(at(row, theirs), wished[ours], fold=ours.endswith("email"))
            for theirs, ours in self.match.items()
            if ours in wished
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How to find out whether a call took effect that was not answered: any one of `evidence` shows that it did.

    Where none does, it did not. `explains` is a refusal of Calendly's that only the same look-up makes sense of: that something stands in
    the way, not what; `otherwise` says what it means where the effect does not stand.
    """

    evidence: tuple[Evidence, ...]
    explains: Says | None = None
    otherwise: str = ""


def at(row: Mapping[str, Any], path: str) -> Any:
    """Give what stands at a dotted path, or None."""
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _agree(theirs: Any, ours: Any, *, fold: bool) -> bool:
    if isinstance(theirs, list) and isinstance(ours, list):
        return {str(one) for one in theirs} == {str(one) for one in ours}
    if fold and isinstance(theirs, str) and isinstance(ours, str):
        return theirs.strip().casefold() == ours.casefold()
    return bool(theirs == ours)
