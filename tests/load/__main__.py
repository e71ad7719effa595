"""`python -m tests.load`: put the relay through each disturbance, and measure how the others fare."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from relay.open_files import allow_many
from tests.load.disturbances import DISTURBANCES, Disturbance
from tests.load.house import House
from tests.load.probe import Pace, Probe, worse
from tests.load.table import Row, table
from tests.waiting import until

MORE_TRIES = 2  # a machine that does something else meanwhile may spoil a measurement, and not three
FEW = 60  # open files and threads more than at the start that a process may keep for itself, in pools
MORE = 120.0  # megabytes more than at the start that a process may keep


def main() -> int:
    """Measure, print the table, and give 1 if a bound was broken."""
    asked = _arguments()
    allow_many()
    folder = Path(tempfile.mkdtemp(prefix="relay-load-", dir=asked.folder))
    with House(folder) as house:
        probe = Probe(house)
        probe.pace(3.0)  # warms up
        web, worker = house.web(), house.workers()
        rows = [_measured(house, probe, DISTURBANCES[name], asked.seconds) for name in asked.only]
        leaks = _leaks(house, web.files, worker.files)
        grown = max(house.web().megabytes - web.megabytes, house.workers().megabytes - worker.megabytes)
    sys.stdout.write(f"\n{table(rows)}\n\nOpen files in the end: {leaks or 'as in the beginning'}.")
    sys.stdout.write(f" Memory: {grown:+.0f} MB since the beginning, in the process that grew most.\n")
    kept = all(row.kept for row in rows) and not leaks and grown < MORE
    if kept:
        shutil.rmtree(folder)
    return 0 if kept else 1


def _measured(house: House, probe: Probe, disturbance: Disturbance, seconds: float) -> Row:
    """Measure before and during a disturbance; again during it, and once more after it, if that looks bad."""
    before = probe.pace(seconds)
    with disturbance.bring(house):
        row = _during(house, probe, disturbance, before, seconds)
        for _ in range(MORE_TRIES):
            row = row if row.kept else _during(house, probe, disturbance, before, seconds)
    # A machine that is busier than before is no fault of the disturbance.
    return row if row.kept else replace(row, before=worse(before, probe.pace(seconds)))


def _during(house: House, probe: Probe, disturbance: Disturbance, before: Pace, seconds: float) -> Row:
    row = Row(disturbance.words, before, probe.pace(seconds), house.web(), house.workers())
    sys.stderr.write(f"{table([row]).splitlines()[-1]}\n")
    return row


def _leaks(house: House, web: int, worker: int) -> str:
    """Tell of open files that stay once everybody is gone; nothing where there are none."""
    try:
        until(lambda: house.web().files < web + FEW and house.workers().files < worker + FEW, 60)
    except AssertionError:
        return f"web {web} → {house.web().files}, worker {worker} → {house.workers().files}"
    return ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=DISTURBANCES, default=list(DISTURBANCES), help="some disturbances"
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each measurement takes")
    parser.add_argument("--folder", help="where data and logs are kept while it runs, and after a failure")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
