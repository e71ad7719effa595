"""The sandbox's own time, which tests may move forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time; `advance` makes hours pass at once."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Give the current moment, aware and in UTC."""
        return datetime.now(UTC) + self._ahead

    def reset(self) -> None:
        """Tell the real time again."""
        self._ahead = timedelta(0)

    def advance(self, seconds: float) -> None:
        """Move forward; everything that looks at this clock sees the later time from now on."""
        self._ahead += timedelta(seconds=seconds)


def to_text(moment: datetime) -> str:
    """Write a moment the way Calendly does: UTC, microseconds, a trailing Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime | None:
    """Read an ISO 8601 moment that names its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
