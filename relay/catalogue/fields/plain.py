"""Free text, choices and the one number that Calendly takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, missing

from relay.catalogue.fields.base import RecordField, trimmed

# JSON can carry both, and neither survives the way: a lone surrogate has no UTF-8, and NUL ends strings early.
_CANNOT_BE_SENT = re.compile("[\x00\ud800-\udfff]")


class Text(RecordField[str]):
    """Free text, sent exactly as it came. Lengths are in characters."""

    def __init__(
        self,
        what: str,
        *,
        required: bool = False,
        secret: bool = False,
        shortest: int = 0,
        longest: int | None = None,
    ) -> None:
        super().__init__(what, required=required, secret=secret)
        self.shortest = shortest
        self.longest = longest

    def take(self, value: Any) -> str:
        """Accept any text of the right length that UTF-8 can carry."""
        if not isinstance(value, str):
            raise self.wrong()
        if len(value) < self.shortest or (self.longest is not None and len(value) > self.longest):
            raise self.wrong()
        if _CANNOT_BE_SENT.search(value):
            raise ValidationError("should hold only characters that UTF-8 can carry, and no NUL")
        return value

    def json_schema(self) -> dict[str, Any]:
        """Say the lengths."""
        lengths = {"minLength": self.shortest or None, "maxLength": self.longest}
        return {"type": "string", **{name: length for name, length in lengths.items() if length is not None}}


class Name(RecordField[str]):
    """What people call a thing: one line of text, without the white space around it."""

    def __init__(self, what: str, *, longest: int, required: bool = False) -> None:
        super().__init__(what, required=required)
        self.longest = longest

    def take(self, value: Any) -> str:
        """Accept a line that says something."""
        line = trimmed(value)
        # Printable excludes further lines, NUL and lone surrogates.
        if not line or len(line) > self.longest or not line.isprintable():
            raise self.wrong()
        return line

    def json_schema(self) -> dict[str, Any]:
        """Say that there is something; white space around it does not count."""
        return {"type": "string", "pattern": "[^ \\t\\r\\n]"}


class OneOfKnown(RecordField[str]):
    """One of the values that Calendly had when this was written, or that the destination allows besides."""

    def __init__(self, known: Iterable[str], *, required: bool = False, default: Any = missing) -> None:
        self.known = tuple(known)
        super().__init__(f"one of: {', '.join(self.known)}", required=required, default=default)

    @property
    def is_open(self) -> bool:
        """Always: Calendly adds values faster than anybody upgrades."""
        return True

    @property
    def allowed(self) -> tuple[str, ...]:
        """Give what the destination allows besides the known values."""
        values: tuple[str, ...] = getattr(self.root, "allow", {}).get(self.name, ())
        return values

    def take(self, value: Any) -> str:
        """Accept a known or an allowed value, exactly as it is written."""
        if isinstance(value, str) and (value in self.known or value in self.allowed):
            return value
        others = f"; a destination can allow others under allow.{self.name}"
        raise ValidationError(f"should be {self.what}{others}")

    def json_schema(self) -> dict[str, Any]:
        """List the known and the allowed values."""
        return {
            "type": "string",
            "enum": [*self.known, *(one for one in self.allowed if one not in self.known)],
        }


class OnlyNumber(RecordField[int]):
    """The single number that Calendly takes here. Its text is accepted too, since many systems send only text."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the number {number}, or left out", default=number)
        self.number = number

    def take(self, value: Any) -> int:
        """Accept the number or its text, and give the number. `true` is no number here."""
        if isinstance(value, bool) or value not in (self.number, str(self.number)):
            raise self.wrong()
        return self.number

    def json_schema(self) -> dict[str, Any]:
        """Allow the number and its text."""
        return {"enum": [self.number, str(self.number)]}
