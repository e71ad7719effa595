"""`python -m tests.chaos`: break the relay in every way that a plan has, and account for every id."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.plan import OTHERS, Scale
from tests.chaos.run import Outcome, Size, run
from tests.chaos.story import story
from tests.chaos.table import table

MOST_STORIES = 10


def main() -> int:
    """Run every seed, print the table, and give 1 if anything was not as promised."""
    asked = _arguments()
    if asked.folder:
        Path(asked.folder).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="relay-chaos-", dir=asked.folder))
    kinds = tuple(kind for kind in OTHERS if asked.only in kind.name)
    size = Size(
        Scale(asked.kills, asked.others, asked.pace, kinds), asked.pause, rest=240.0, deeds=asked.deeds
    )
    outcomes = []
    for seed in asked.seed:
        house = folder / f"seed-{seed}"
        outcomes.append(run(seed, size, house))
        _tell(outcomes[-1])
        if not outcomes[-1].violations:
            shutil.rmtree(house)
    sys.stdout.write(f"\n{table(outcomes)}\n")
    if any(outcome.violations for outcome in outcomes):
        sys.stdout.write(f"\nAll logs and the data are kept in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _tell(outcome: Outcome) -> None:
    found = outcome.violations
    sys.stdout.write(f"seed {outcome.seed}: {len(found)} violations in {outcome.numbers['seconds']:.0f} s\n")
    for violation in found[:MOST_STORIES]:
        sys.stdout.write(f"{story(outcome, violation)}\n")
    for violation in found[MOST_STORIES:]:
        sys.stdout.write(f"{violation.kind.upper()} {violation.about}: {violation.words}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--seed", type=int, nargs="+", default=[1], help="the plans to run, one after the other"
    )
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs in each plan")
    parser.add_argument("--others", type=int, default=2 * len(OTHERS), help="other disturbances in each plan")
    parser.add_argument("--only", default="", help="of the other disturbances, those with this in their name")
    parser.add_argument("--pace", type=float, default=1.5, help="seconds between two disturbances")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two requests of a sender")
    parser.add_argument("--deeds", type=float, default=0.4, help="seconds between two deeds of an operator")
    parser.add_argument("--folder", help="where data and logs are kept while it runs, and after a violation")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
