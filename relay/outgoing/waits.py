"""How long the other side asks us to stay away."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], *, longest: float, now: datetime | None = None) -> float | None:
    """Give the seconds that `Retry-After` asks for, as seconds or as a date, at most `longest`; None for nothing."""
    text = headers.get("retry-after", "").strip()
    wait = seconds(text)
    if wait is None:
        wait = _until(text, now or datetime.now(UTC))
    return None if wait is None else min(wait, longest)


def seconds(text: str) -> float | None:
    """Read a number of seconds; None for anything that is not one, and for those below zero."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(text: str, now: datetime) -> float | None:
    """Give the seconds until an HTTP date; a date in the past means now."""
    try:
        moment = parsedate_to_datetime(text)
        # A date without a zone is Greenwich's, like every HTTP date.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
