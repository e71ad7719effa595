"""The table's figures: how long answers took, and what operators asked for."""

from __future__ import annotations

from tests.chaos.history import Deed
from tests.chaos.numbers import COMES_UP, by_hand, slowest


def test_the_longest_time_to_an_answer_is_told_with_and_without_the_web_s_own_troubles() -> None:
    """What waited for a web that was stopped, or came up again, says nothing of what is promised about Redis."""
    spans = [("web", 100.0, 104.0), ("redis", 100.0, 150.0)]
    waited = [(101.0, 105.0), (104.0 + COMES_UP - 0.5, 104.0 + COMES_UP + 2.0)]
    free = [(90.0, 91.0), (120.0, 121.5)]

    found = slowest([*waited, *free], spans)

    assert {"slowest answer": 4.0, "slowest answer of a free web": 1.5} == found


def test_deeds_are_counted_by_kind_and_by_what_was_answered() -> None:
    """Done, refused, and what nobody knows of; looks are no deeds."""
    deeds = [
        Deed(f"operator-0-{number:04}", kind, "dlv_1", 0.0, 1.0, status)
        for number, (kind, status) in enumerate(
            [("retry", 200), ("retry", 409), ("cancel", 0), ("look", 200)]
        )
    ]

    found = by_hand(deeds)

    assert (2, 1, 1, 0) == tuple(
        found[name] for name in ("asked to retry", "did retry", "asked to cancel", "did cancel")
    )
    assert (3, 1, 1) == (found["deeds"], found["deeds refused"], found["deeds unanswered"])
