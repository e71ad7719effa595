"""Lists the way Calendly hands them out: sorted, filtered, a page at a time.

A page token remembers the last row seen, not its number, so rows that vanish between two pages make nobody skip any.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from sandbox.fields import Fields

DEFAULT_COUNT = 20
LARGEST_COUNT = 100


class Row(Protocol):
    """Anything with an id of its own."""

    uuid: str


R = TypeVar("R", bound=Row)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for."""

    count: int
    sort: str
    descending: bool
    after: Place | None
    before: Place | None


def read_page(fields: Fields, sorts: tuple[str, ...], default: str) -> PageRequest:
    """Read `count`, `sort` and `page_token`; faults go to `fields`."""
    sort, _, direction = (fields.text("sort", required=False) or default).partition(":")
    if sort not in sorts or direction not in {"asc", "desc"}:
        fields.blame("sort", f"must be {' or '.join(sorts)}, followed by :asc or :desc")
    after, before = _read_token(fields)
    return PageRequest(_read_count(fields), sort, direction == "desc", after, before)


def _read_count(fields: Fields) -> int:
    text = fields.text("count", required=False) or str(DEFAULT_COUNT)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_COUNT):
        fields.blame("count", f"must be a number from 1 to {LARGEST_COUNT}")
        return DEFAULT_COUNT
    return int(text)


def _read_token(fields: Fields) -> tuple[Place | None, Place | None]:
    token = fields.text("page_token", required=False)
    if not token:
        return None, None
    try:
        side, key, uuid = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error):
        fields.blame("page_token", "is invalid")
        return None, None
    place = (str(key), str(uuid))
    return (place, None) if side == "after" else (None, place)


def _token(side: str, place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps([side, *place]).encode()).decode()


def cut_page(
    rows: Iterable[R], wanted: PageRequest, key: Callable[[R], str]
) -> tuple[list[R], str | None, str | None]:
    """Cut out the rows of one page, and make the tokens of the next and the previous one."""

    def place(row: R) -> Place:
        return key(row), row.uuid

    ordered = sorted(rows, key=place, reverse=wanted.descending)
    start = _start(ordered, wanted, place)
    chosen = ordered[start : start + wanted.count]
    more = start + wanted.count < len(ordered)
    following = _token("after", place(chosen[-1])) if more and chosen else None
    previous = _token("before", place(chosen[0])) if start > 0 and chosen else None
    return chosen, following, previous


def _start(ordered: list[R], wanted: PageRequest, place: Callable[[R], Place]) -> int:
    def is_earlier(row: R, mark: Place) -> bool:
        return place(row) > mark if wanted.descending else place(row) < mark

    if wanted.after is not None:
        return sum(is_earlier(row, wanted.after) or place(row) == wanted.after for row in ordered)
    if wanted.before is not None:
        return max(0, sum(is_earlier(row, wanted.before) for row in ordered) - wanted.count)
    return 0


def pagination(
    count: int, address: str, query: Mapping[str, str], following: str | None, previous: str | None
) -> dict[str, object]:
    """Make the envelope's second half. Page addresses are on the host that was called, so that following them is safe."""

    def url(token: str | None) -> str | None:
        return f"{address}?{urlencode({**query, 'page_token': token})}" if token else None

    return {
        "count": count,
        "next_page": url(following),
        "previous_page": url(previous),
        "next_page_token": following,
        "previous_page_token": previous,
    }
