"""What became of a callback, and when it is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.callbacks import (
    Arrived,
    CallbackVerdict,
    Forbidden,
    Gone,
    TryAgain,
    next_wait,
    read_callback_outcome,
)
from relay.config import Settings
from relay.model.call import Answer, NotSent, Outcome, Silence

RETRIES = Settings(redis_url="", secret_keys=(), admin_key="").callback_retries


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Answer(200), Arrived()),
        (Answer(202), Arrived()),
        (Answer(204), Arrived()),
        (Answer(410), Gone("the receiver answered 410: callbacks to this address have ended")),
        (Answer(301), TryAgain("the receiver answered 301, and redirects are not followed")),
        (Answer(400), TryAgain("the receiver answered 400")),
        (Answer(401), TryAgain("the receiver answered 401")),
        (Answer(404), TryAgain("the receiver answered 404")),
        (Answer(500), TryAgain("the receiver answered 500")),
        (Answer(503, {"retry-after": "120"}), TryAgain("the receiver answered 503", 120.0)),
        (Answer(429, {"retry-after": "999999999"}), TryAgain("the receiver answered 429", 43200.0)),
        (Answer(429, {"retry-after": "later"}), TryAgain("the receiver answered 429")),
        (Silence("no answer within 15 seconds"), TryAgain("no answer within 15 seconds")),
        (NotSent("crm.example refused the connection"), TryAgain("crm.example refused the connection")),
        (NotSent("not allowed", forbidden=True), Forbidden("not allowed")),
    ],
)
def test_what_became_of_a_callback(outcome: Outcome, verdict: CallbackVerdict) -> None:
    """2xx is the end, 410 the end for that address, a forbidden address too; all else is tried again."""
    assert verdict == read_callback_outcome(outcome)


@pytest.mark.parametrize(
    ("attempt_number", "wait"),
    [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 10800), (7, 21600), (8, 43200), (9, None)],
)
def test_the_waits_are_those_of_the_documentation(attempt_number: int, wait: float | None) -> None:
    """Eight tries after the first, over a day, and then no more."""
    assert wait == next_wait(RETRIES, attempt_number, 0.0)


def test_a_receiver_may_ask_for_more_time_but_not_for_less() -> None:
    """Its Retry-After counts upward only."""
    assert [120.0, 30.0] == [next_wait(RETRIES, 2, 0.0, at_least=asked) for asked in (120.0, 1.0)]


@given(number=st.integers(1, 8), jitter=st.floats(0, 1, exclude_max=True), asked=st.floats(0, 43200))
def test_chance_makes_a_wait_longer_by_a_tenth_at_most(number: int, jitter: float, asked: float) -> None:
    """Never shorter."""
    usual = max(RETRIES[number - 1], asked)

    wait = next_wait(RETRIES, number, jitter, at_least=asked)

    assert wait is not None
    assert usual <= wait <= usual * 1.1
