"""When a child that died is started again."""

from __future__ import annotations

import pytest

from local.supervisor import wait_before_restart


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0.2), (1, 0.4), (2, 0.8), (3, 1.6), (4, 3.2), (5, 5.0), (1_000_000, 5.0)]
)
def test_the_wait_doubles_up_to_five_seconds(failures: int, seconds: float) -> None:
    """A child that keeps dying takes little of the machine, and one that died once is back at once."""
    assert seconds == pytest.approx(wait_before_restart(failures))
