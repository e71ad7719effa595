"""Moments that outlive a change of the time of day."""

from __future__ import annotations

import time

import pytest

from workers import moments
from workers.moments import moment_in, seconds_until


def test_on_the_same_machine_the_time_of_day_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its monotonic clock says how long it is, though the clock on the wall has gone an hour forward."""
    monkeypatch.setattr(moments, "BOOT", "this")
    moment = moment_in(20)
    ahead = time.time() + 3600
    monkeypatch.setattr("workers.moments.time.time", lambda: ahead)

    assert 19 < seconds_until(moment) <= 20.001


def test_on_another_machine_the_time_of_day_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A monotonic clock begins anew with each start of its machine."""
    monkeypatch.setattr(moments, "BOOT", "this")
    moment = moment_in(20)
    monkeypatch.setattr(moments, "BOOT", "another")
    monkeypatch.setattr("workers.moments.time.monotonic", lambda: 0.0)

    assert 19 < seconds_until(moment) <= 20.001
