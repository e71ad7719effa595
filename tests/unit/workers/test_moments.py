"""Moments that outlive a change of the time of day."""

from __future__ import annotations

import pytest

from workers import moments
from workers.moments import moment_in, seconds_until


class Clocks:
    """Both clocks of a machine, which stand where a test sets them."""

    def __init__(self, monotonic: float, wall: float) -> None:
        self.now, self.wall = monotonic, wall

    def monotonic(self) -> float:
        """Give the time since the machine was started."""
        return self.now

    def time(self) -> float:
        """Give the time of day."""
        return self.wall


def test_on_the_same_machine_the_time_of_day_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its monotonic clock says how long it is, though the clock on the wall has gone an hour forward."""
    monkeypatch.setattr(moments, "BOOT", "this")
    monkeypatch.setattr(moments, "time", Clocks(500.0, 9000.0))
    moment = moment_in(20)
    monkeypatch.setattr(moments, "time", Clocks(503.0, 9003.0 + 3600))

    assert 17 == seconds_until(moment)


def test_on_another_machine_the_time_of_day_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monotonic clock begins anew with each start of its machine."""
    monkeypatch.setattr(moments, "BOOT", "this")
    monkeypatch.setattr(moments, "time", Clocks(500.0, 9000.0))
    moment = moment_in(20)
    monkeypatch.setattr(moments, "BOOT", "another")
    monkeypatch.setattr(moments, "time", Clocks(1.0, 9003.0))

    assert 17 == seconds_until(moment)
