"""What a process logged as an error counts against it, unless it is RQ that missed its Redis."""

from __future__ import annotations

import pytest

from tests.chaos.run import errors

OWN = '{"level": "error", "event": "attempt.broke_off"}'
RQ_LOST = '{"level": "error", "event": "could not connect to Redis instance", "logger": "rq.worker"}'
RQ_BROKE = '{"level": "error", "event": "exception raised while executing (take_turn): KeyError", "logger": "rq.worker"}'
TRACEBACK = "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"level": "warning", "event": "watch.store_unavailable"}', []),
        (RQ_LOST, []),
        (OWN, [OWN]),
        (f"{RQ_LOST}\n{RQ_BROKE}", [RQ_BROKE]),
        (TRACEBACK, [TRACEBACK]),
    ],
)
def test_errors_of_the_relay_are_told_from_outages_of_redis(said: str, found: list[str]) -> None:
    """An outage is what the suite makes; an exception that nobody caught is a bug."""
    assert found == errors(said)
