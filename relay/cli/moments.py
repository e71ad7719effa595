"""Moments as people write them: `2h` ago, `3d` ago, or ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,6})\s*([smhdw])", re.ASCII)
HOW = "should be how long ago, such as 90m, 2h or 3d, or a moment such as 2026-01-31 or 2026-01-31T08:00:00Z"


class Moment(click.ParamType[datetime]):
    """An option's moment, read into an aware datetime in UTC. Without a zone it is this machine's time."""

    name = "WHEN"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read a text. Says what would be right for one that is no moment."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if ago := _AGO.fullmatch(text):
                return self.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"“{text}” {HOW}", param, ctx)


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
