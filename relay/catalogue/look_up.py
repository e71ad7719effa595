"""What a look-up is: what people know where a uuid is missing, and which of Calendly's lists tell the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One place at Calendly where a look-up looks: a list, or with `single` one thing.

    `{names}` in path and query are filled with the record's fields and what follows from them and the credential; a
    query parameter whose value is unknown is left out.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    single: bool = False
    for_managers: bool = False  # Calendly refuses it to plain members: then the other listings count alone
    where_refused: bool = False  # looked at only where an earlier one was refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a field of the record tells rows apart: one of the attributes must equal it.

    Emails are equal in any case. Of names, those that are equal to the letter go before those that are equal in any
    case. Moments are equal to the second.
    """

    field: str
    attributes: tuple[str, ...]
    like: Literal["exact", "email", "name", "moment"] = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """How a field that a record leaves out is found. Attributes of rows are dotted paths.

    The fields in `by` are needed for it and those in `narrowed_by` make it more exact; none of them is ever sent with
    the call. Rows count if all of `match` fits, they have the values of `having`, and the
    numbers that `at_most` names are no higher. The field becomes what `takes`
    names. People are shown the attributes in `shows`.
    """

    finds: str
    by: tuple[str, ...]
    narrowed_by: tuple[str, ...] = ()
    one: str  # what is looked for, in words
    many: str
    listings: tuple[Listing, ...]
    match: tuple[Match, ...] = ()
    having: Mapping[str, str] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    why_at_most: str = ""  # said where a row is left out for a number that is higher
    takes: str = "uri"
    shows: tuple[str, ...]
    shows_all: bool = False  # where nothing fits, show what there is; not where rows are other people
    used_up: bool = True  # after the call worked, the same look-up would not find it again

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the names of the fields that the look-up reads."""
        return (*self.by, *self.narrowed_by)

    @property
    def phrase(self) -> str:
        """Say which fields to give: "email", "event_uuid and email"."""
        needed = " and ".join(self.by)
        return f"{needed} (and {' and '.join(self.narrowed_by)}, if known)" if self.narrowed_by else needed

    def spellings(self, fields: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """Give the fields as the look-up should try them, one after the other."""
        return spellings(fields, self.fields)


def spellings(fields: Mapping[str, Any], read: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    """Give the fields as they are, and once more with the emails among those that are read in small letters.

    Calendly does not say whether its email filters mind the case; where it makes no difference, once will do.
    """
    yield fields
    emails = [name for name in read if name.endswith("email") and name in fields]
    small = {**fields, **{name: fields[name].lower() for name in emails}}
    if small != fields:
        yield small


def chosen(look_ups: Iterable[LookUp], fields: Mapping[str, Any]) -> LookUp | None:
    """Give the look-up that must be made before the call can be, or None where nothing is missing."""
    possible = [one for one in look_ups if one.finds not in fields]
    return next((one for one in possible if all(name in fields for name in one.by)), None)


def without_alternatives(look_ups: Iterable[LookUp], data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only a look-up would read, where the record already has what it would find."""
    idle = {name for one in look_ups if one.finds in data for name in one.fields}
    return {name: value for name, value in data.items() if name not in idle}


def instead(look_ups: Iterable[LookUp]) -> str:
    """Say what a record can give instead of the field that these look-ups find."""
    ways = ", or ".join(one.phrase for one in look_ups)
    return f"; or {ways}, and the relay looks it up" if ways else ""
