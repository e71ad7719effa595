"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cli.moments import Ahead, Moment, in_query

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


def test_what_lies_ahead_is_counted_forward() -> None:
    """The same words, the other way."""
    assert "2026-05-01T12:00:00.000Z" == in_query(Ahead(lambda: NOW).convert("90d", None, None))
    with pytest.raises(click.BadParameter, match="12h or 90d"):
        Ahead(lambda: NOW).convert("999999w", None, None)


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


@given(
    st.text(max_size=30) | st.from_regex(r"[0-9]{0,8} ?[smhdwx]?", fullmatch=True) | st.datetimes().map(str)
)
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    """Nothing that is typed ends in a traceback, and each moment can be asked for."""
    try:
        moment = Moment().convert(text, None, None)
    except click.BadParameter:
        return

    asked = in_query(moment)
    assert asked is not None
    assert datetime.fromisoformat(asked).replace(microsecond=0) == moment.astimezone(UTC).replace(
        microsecond=0
    )
