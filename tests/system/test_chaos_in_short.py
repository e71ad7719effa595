"""The chaos suite in short: `make chaos` goes on for longer, and breaks more. docs/reliability.md tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.plan import OTHERS, Scale
from tests.chaos.run import Size, run
from tests.chaos.story import story

SEED = (
    653  # its plan kills all kinds of processes, and workers early: the lease of the last one has to run out
)
LONG = {"stop worker", "take effect late"}  # longer than this test may take
SCALE = Scale(kills=6, others=5, pace=0.35, kinds=tuple(kind for kind in OTHERS if kind.name not in LONG))


@pytest.mark.timeout(180)
def test_killed_cut_frozen_and_filled_at_random_the_relay_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    """Every id that was accepted is settled, had one effect, and was told of; nothing of it is left to explain."""
    outcome = run(SEED, Size(SCALE, pause=0.6, rest=90.0, warm_up=0.5, call_timeout=4.0), tmp_path)

    assert "" == "\n".join(story(outcome, violation) for violation in outcome.violations)
    assert 6 == sum(times for kind, times in outcome.struck.items() if kind.startswith("kill"))
    assert outcome.numbers["accepted"] > 100
