"""The chaos suite in short: `make chaos` goes on for longer, and breaks more. docs/reliability.md tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.plan import OTHERS, Scale
from tests.chaos.run import Size, run
from tests.chaos.story import story

# Its plan kills a worker, one of the web's processes and Redis, stops the web, swallows what senders and operators ask for,
# drops answers after the effect, steps Redis's clock, and fills its memory.
SEED = 7911
LONG = {"stop worker", "take effect late"}  # longer than this test may take
SCALE = Scale(
    kills=3, others=5, pace=0.4, kinds=tuple(kind for kind in OTHERS if kind.name not in LONG), workers=2
)
SIZE = Size(SCALE, pause=1.5, rest=90.0, warm_up=0.5, call_timeout=4.0, deeds=0.5)


@pytest.mark.timeout(180)
def test_killed_cut_frozen_filled_and_worked_on_by_hand_the_relay_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    """Every id that was accepted is settled, had one effect, and was told of; every answer to an operator came true."""
    outcome = run(SEED, SIZE, tmp_path)

    assert "" == "\n".join(story(outcome, violation) for violation in outcome.violations)
    assert 3 == sum(times for kind, times in outcome.struck.items() if kind.startswith("kill"))
    assert outcome.numbers["accepted"] > 50
    assert outcome.numbers["deeds"] - outcome.numbers["deeds unanswered"] > 5
