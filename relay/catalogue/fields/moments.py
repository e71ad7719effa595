"""Moments in time, sent as UTC."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from relay.catalogue.fields.base import WHITE_PATTERN, RecordField, trimmed

# ISO 8601 as systems write it: with seconds or without, and +02:00, +0200 and +02 for the zone.
_ISO = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    "(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
)


class Utc(RecordField[str]):
    """A moment with its time zone. It is sent as UTC, with microseconds at most."""

    def __init__(self, what: str, *, required: bool = False) -> None:
        phrase = f"{what}: a date and time with its time zone, such as 2021-01-31T08:00:00Z"
        super().__init__(phrase, required=required)

    def take(self, value: Any) -> str:
        """Accept ISO 8601 with a zone, and give it as UTC."""
        return self._moment(value).isoformat().replace("+00:00", "Z")

    def json_schema(self) -> dict[str, Any]:
        """Give the form; a schema cannot say that a moment is past."""
        return {"type": "string", "pattern": f"^{WHITE_PATTERN}{_ISO}{WHITE_PATTERN}$"}

    def _moment(self, value: Any) -> datetime:
        text = trimmed(value)
        if text is None or not re.fullmatch(_ISO, text):
            raise self.wrong()
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as exc:  # no such day or hour, or before the year 1 in UTC
            raise self.wrong() from exc


class PastUtc(Utc):
    """A moment in the past."""

    def _moment(self, value: Any) -> datetime:
        moment = super()._moment(value)
        if moment >= datetime.now(UTC):
            raise ValidationError("should be in the past")
        return moment


def months_later(moment: datetime, months: int) -> datetime:
    """Give the same day and time so many calendar months later, or the last day of a month that is shorter."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
