"""Checks on what a caller sent. Faults are collected, so that one answer names them all."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sandbox.clock import from_text
from sandbox.refusals import invalid

MISSING = object()
EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s.]+(\.[^@\s.]+)+")


def is_email(text: str) -> bool:
    """Whether the text looks like one address with a dotted domain."""
    return EMAIL.fullmatch(text) is not None


class Fields:
    """Reads the values of one request body or query, one by one; `check` refuses if any was wrong.

    A reader answers with an empty value when it found a fault, so that reading can go on.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self.given = given
        self.faults: list[tuple[str, str]] = []

    def blame(self, name: str, message: str) -> None:
        """Note what is wrong with a parameter."""
        self.faults.append((name, message))

    def check(self) -> None:
        """Refuse with every fault noted so far."""
        if self.faults:
            raise invalid(self.faults)

    def has(self, name: str) -> bool:
        """Whether the parameter is there and not null."""
        return self.given.get(name) is not None

    def text(self, name: str, *, required: bool = True, longest: int | None = None) -> str:
        """Read a string; when required, not blank."""
        value = self.given.get(name, MISSING)
        if value is MISSING or (value is None and not required):
            if required:
                self.blame(name, "is missing")
            return ""
        if value is None or (required and isinstance(value, str) and not value.strip()):
            self.blame(name, "must be filled")
        elif not isinstance(value, str):
            self.blame(name, "must be a string")
        elif longest is not None and len(value) > longest:
            self.blame(name, f"size cannot be greater than {longest}")
        else:
            return value
        return ""

    def one_of(self, name: str, allowed: Collection[str], *, required: bool = True) -> str:
        """Read a string out of a list."""
        value = self.text(name, required=required)
        if value and value not in allowed:
            self.blame(name, f"must be one of: {', '.join(allowed)}")
            return ""
        return value

    def uri(self, name: str, *, required: bool = True) -> str:
        """Read an absolute http or https address."""
        value = self.text(name, required=required)
        if value and not _is_uri(value):
            self.blame(name, "is not a valid URI")
            return ""
        return value

    def email(self, name: str, *, required: bool = True) -> str:
        """One e-mail address."""
        value = self.text(name, required=required)
        if value and not is_email(value):
            self.blame(name, "is an invalid email format")
            return ""
        return value

    def moment(self, name: str, *, required: bool = True) -> datetime | None:
        """Read a date and time with its zone."""
        value = self.text(name, required=required)
        moment = from_text(value) if value else None
        if value and moment is None:
            self.blame(name, "must be a date time")
        return moment

    def texts(self, name: str) -> list[str]:
        """Read a list of strings with at least one item."""
        value = self.given.get(name, MISSING)
        if value is MISSING:
            self.blame(name, "is missing")
        elif not isinstance(value, list):
            self.blame(name, "must be an array")
        elif not value:
            self.blame(name, "must be filled")
        elif not all(isinstance(item, str) for item in value):
            self.blame(name, "must hold strings only")
        else:
            return value
        return []


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not re.search(r"\s", text)
