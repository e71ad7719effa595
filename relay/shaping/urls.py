"""The URL of a manual call: a path on Calendly's host, with `{placeholders}` that a record fills."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from relay.shaping.paths import Path, parse_path
from relay.shaping.url_bases import under_a_base

LONGEST_URL = 2000  # characters, of the settings' URL
LONGEST_FILLED = 8000  # characters, once it is filled
MOST_PLACEHOLDERS = 50

_BRACES = re.compile(r"\{([^{}]*)\}")
_SLASHES = re.compile(r"[/\\]")
_FIXED = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")


class MissingPlaceholder(ValueError):
    """A record does not give what a placeholder needs.

    `name` is the placeholder as it is written; the message says what would be right.
    """

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True)
class ManualUrl:
    """A path and query under Calendly's address; `text` is how it is written, without the address before it."""

    text: str
    names: tuple[str, ...]
    _fixed: tuple[str, ...] = field(
        repr=False
    )  # the text around the placeholders: one more than there are names
    _paths: tuple[Path, ...] = field(repr=False)

    def fill(self, lookup: Callable[[Path], Any]) -> str:
        """Give the path and query with each placeholder's value percent-encoded; `lookup` gives None for none.

        A value stays in its place: it never adds a segment, a parameter or a step up. Raises MissingPlaceholder for one
        that cannot stand there.
        """
        values = [_encoded(name, lookup(path)) for name, path in zip(self.names, self._paths, strict=True)]
        filled = self._fixed[0]
        starts = []
        for value, fixed in zip(values, self._fixed[1:], strict=True):
            starts.append(len(filled))
            filled += value + fixed
        if len(filled) > LONGEST_FILLED:
            name = max(zip(map(len, values), self.names, strict=True))[1]
            raise MissingPlaceholder(
                name, f"should be shorter: the address may have {LONGEST_FILLED} characters"
            )
        for name, start in zip(self.names, starts, strict=True):
            _check_step(name, filled, start)
        return filled


def parse_manual_url(text: str, bases: Sequence[str]) -> ManualUrl:
    """Give the URL of a manual destination; ValueError says what would be right.

    `text` is a path, or a whole URL under one of `bases`, which is cut off.
    """
    _check_characters(text)
    written = under_a_base(text, bases)
    fixed, names = _BRACES.split(written)[::2], _BRACES.split(written)[1::2]
    paths = tuple(map(_placeholder, names))
    _check_fixed(fixed)
    _check_fillable(paths)
    return ManualUrl(written, tuple(name.strip() for name in names), tuple(fixed), paths)


def _check_characters(text: str) -> None:
    if len(text) > LONGEST_URL:
        raise ValueError(f"should be at most {LONGEST_URL} characters long")
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise ValueError("should hold no line ends or control characters")
    if "\\" in text:
        raise ValueError("should hold no backslash")
    if "#" in _BRACES.sub("", text):
        raise ValueError("should hold no # part: it would never be sent")


def _placeholder(name: str) -> Path:
    try:
        return parse_path(name)
    except ValueError as exc:
        raise ValueError(
            f"should name an attribute in each pair of braces, such as {{contact.id}}: it {exc}"
        ) from exc


def _check_fixed(fixed: list[str]) -> None:
    if any("{" in piece or "}" in piece for piece in fixed):
        raise ValueError("should close each { with a }, and open no { inside another")
    for piece in fixed:
        odd = _FIXED.match(piece)
        if odd is not None and odd.end() < len(piece):
            raise ValueError(f"should write “{piece[odd.end()]}” percent-encoded, as %20 stands for a blank")
    # A letter stands for each value here: what a value makes of its segment is seen when it is filled in.
    if any(_leads_away(segment) for segment in "x".join(fixed).partition("?")[0].split("/")):
        raise ValueError("should hold no . or .. between slashes, encoded or not")


def _check_fillable(paths: Sequence[Path]) -> None:
    """Refuse what no record could fill: an attribute that would have to be a text, and an object as well."""
    if len(paths) > MOST_PLACEHOLDERS:
        raise ValueError(f"should hold at most {MOST_PLACEHOLDERS} placeholders")
    whole = set(paths)
    for path in paths:
        above = next((path[:depth] for depth in range(1, len(path)) if path[:depth] in whole), None)
        if above:
            raise ValueError(
                f"should not name both {'.'.join(above)} and {'.'.join(path)}: one value cannot be a text and an object"
            )


def _leads_away(segment: str) -> bool:
    """Say whether a server that decodes a segment too early, or twice, would see a step in it."""
    readings = {segment, unquote(segment), unquote(unquote(segment))}
    parts = {part for reading in readings for part in _SLASHES.split(reading)}
    return any(part.partition(";")[0] in {".", ".."} for part in parts)


def _encoded(name: str, value: Any) -> str:
    if not isinstance(value, (str, int, float)) or (isinstance(value, str) and not value.strip()):
        raise MissingPlaceholder(
            name, "should be a text that is not empty, a number, or true or false: the address needs it"
        )
    try:
        return quote(_text(value), safe="")
    except ValueError:  # half of a surrogate pair, NUL, NaN, or a number that Python does not write
        raise MissingPlaceholder(name, "should hold only what an address can carry") from None


def _text(value: str | float) -> str:
    """Give a value as JSON writes it, a text without its quotes; ValueError for what cannot be written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, str) and "\0" in value):
        raise ValueError
    return str(value)


def _check_step(name: str, filled: str, start: int) -> None:
    """Refuse a value that makes its segment a step; in the query there are none."""
    path = filled.partition("?")[0]
    if start > len(path):
        return
    first, last = path.rfind("/", 0, start) + 1, path.find("/", start)
    if _leads_away(path[first : last if last >= 0 else None]):
        raise MissingPlaceholder(name, "should not be or hold a step such as .. that could lead elsewhere")
