"""Every test is run once, whatever order it is put into."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.spread import spread


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(0, 200), st.integers(1, 8))
def test_no_test_is_left_out_and_none_runs_twice(slow: list[int], quick: int, count: int) -> None:
    """Slow modules stay whole."""
    modules = [[(number, each) for each in range(size)] for number, size in enumerate(slow)]
    rest = [(-1, each) for each in range(quick)]

    order = spread(modules, rest, count)

    assert sorted(order) == sorted([*(item for module in modules for item in module), *rest])
    assert [[item for item in order if item[0] == number] for number in range(len(modules))] == modules


def test_each_share_begins_with_slow_ones() -> None:
    """Shares are handed out in order, one for each process."""
    assert ["a", 1, 2, "b", 3, 4] == spread([["a"], ["b"]], [1, 2, 3, 4], 2)
