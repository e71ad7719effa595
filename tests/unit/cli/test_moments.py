"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from relay.cli.moments import Moment, in_query

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", "2026-01-31T10:30:00.000Z"),
        ("2h", "2026-01-31T10:00:00.000Z"),
        ("3d", "2026-01-28T12:00:00.000Z"),
        ("1w", "2026-01-24T12:00:00.000Z"),
        ("2026-01-30T08:00:00+02:00", "2026-01-30T06:00:00.000Z"),
        ("2026-01-30T08:00:00Z", "2026-01-30T08:00:00.000Z"),
    ],
)
def test_ago_and_iso(text: str, moment: str) -> None:
    """Both become what the relay's queries take."""
    assert moment == in_query(Moment(lambda: NOW).convert(text, None, None))


def test_a_day_is_this_machines() -> None:
    """Without a zone, people mean the clock on their wall."""
    read = Moment().convert("2026-01-31", None, None)

    assert datetime(2026, 1, 31).astimezone() == read  # the wall's


@pytest.mark.parametrize("text", ["yesterday", "2x", "", "999999w", "2026-13-01"])
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    """The sentence has examples."""
    with pytest.raises(click.BadParameter, match="2h or 3d"):
        Moment(lambda: NOW).convert(text, None, None)


def test_none_stays_none() -> None:
    """An option that was not given is not asked for."""
    assert in_query(None) is None
