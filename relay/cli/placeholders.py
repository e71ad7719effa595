"""`${NAME}` in a file's texts: filled from the environment, so that no secret need stand in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

_FOUND = re.compile(r"\$(?P<escape>\$\{)|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?")


class Filled(str):
    """A text with values of the environment in it. `written` is what the file says instead, and may be shown."""

    __slots__ = ("written",)

    def __new__(cls, text: str, written: str) -> Self:
        """Make the text, and keep how it was written."""
        made = super().__new__(cls, text)
        made.written = written
        return made

    def __deepcopy__(self, memo: object) -> Filled:
        """It never changes, so a copy is itself."""
        del memo
        return self

    written: str


class Filling:
    """Fills in placeholders, and collects those that cannot be filled, so that all are told at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.missing: dict[str, None] = {}
        self.malformed: dict[str, None] = {}

    def fill(self, value: Any) -> Any:
        """Give the value with each placeholder in its texts filled in; names of objects stay as they are."""
        if isinstance(value, str):
            return self._fill_text(value)
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        return value

    def _fill_text(self, text: str) -> str:
        names: list[str] = []

        def value_of(match: re.Match[str]) -> str:
            if match["escape"]:
                return "${"
            if not match["name"]:
                self.malformed[text] = None
                return match[0]
            names.append(match["name"])
            if match["name"] not in self._environ:
                self.missing[match["name"]] = None
            return self._environ.get(match["name"], "")

        filled = _FOUND.sub(value_of, text)
        return Filled(filled, text) if names else filled


def escape(text: str) -> str:
    """Write a text so that filling it gives it back: `${` becomes `$${`."""
    return text.replace("${", "$${")


def placeholder(*parts: str) -> str:
    """Give the placeholder whose name is made of these parts: `cancel-demos`, `inbound key` → ${CANCEL_DEMOS_INBOUND_KEY}."""
    return f"${{{variable(*parts)}}}"


def variable(*parts: str) -> str:
    """Give the name of the variable that a secret comes from."""
    name = re.sub("[^A-Z0-9]", "_", "_".join(parts).upper())
    return f"_{name}" if name[0].isdecimal() else name
