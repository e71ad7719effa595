"""Moments as people write them: `2h` ago, `90d` from now, or ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,6})\s*([smhdw])", re.ASCII)


class Moment(click.ParamType[datetime]):
    """An option's moment, read into an aware datetime in UTC. Without a zone it is this machine's time."""

    name = "WHEN"
    direction = -1
    how = "should be how long ago, such as 90m, 2h or 3d, or a moment such as 2026-01-31 or 2026-01-31T08:00:00Z"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read a text. Says what would be right for one that is no moment."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if span := _SPAN.fullmatch(text):
                return self.now() + self.direction * timedelta(**{_UNITS[span[2]]: int(span[1])})
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"“{text}” {self.how}", param, ctx)


class Ahead(Moment):
    """The same for what lies ahead: `90d` is that long from now."""

    direction = 1
    how = "should be how long from now, such as 12h or 90d, or a moment such as 2027-01-31 or 2027-01-31T08:00:00Z"


def in_query(moment: datetime | None) -> str | None:
    """Give a moment as the relay's queries take it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def for_people(text: str | None) -> str:
    """Give a moment of an answer in this machine's time, to the second."""
    if not text:
        return "-"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
