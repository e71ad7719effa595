"""What Calendly's headers tell of the rate window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.calendly import RateTold, rate_told
from relay.model.call import Answer, NotSent, Silence


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "told"),
    [
        ("500", "499", "60", RateTold(500, 499, 60.0)),
        ("500", "0", "0.5", RateTold(500, 0, 0.5)),
        ("", "7", "", RateTold(None, 7, None)),
        ("500", "-1", "60", RateTold(500, None, 60.0)),
        ("five", "many", "60", RateTold(None, None, 60.0)),
        ("99999999999999999999", "4", "1e9", RateTold(None, 4, 3600.0)),
        ("5e2", "\u0667", "nan", None),
        ("", "", "", None),
    ],
)
def test_what_the_headers_tell(limit: str, remaining: str, reset: str, told: RateTold | None) -> None:
    """What cannot be read is as if it were not there."""
    headers = {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}

    assert told == rate_told(Answer(200, headers))


def test_without_an_answer_nothing_is_told() -> None:
    """Only answers have headers."""
    assert [None, None] == [rate_told(NotSent("x")), rate_told(Silence("x"))]


@given(
    st.dictionaries(
        st.sampled_from(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()
    )
)
def test_garbage_is_no_trap(headers: dict[str, str]) -> None:
    """Whatever the headers hold, reading them does not raise."""
    told = rate_told(Answer(200, headers))

    assert told is None or isinstance(told, RateTold)
