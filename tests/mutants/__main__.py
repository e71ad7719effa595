"""`python -m tests.mutants`: make every mistake of the table in a copy of the tree, and tell what the tests say of it.

First the machines try, at the size that they have in the suite and by a fixed seed; where they see nothing, all tests of the store.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS
from tests.mutants.trying import Try, tried


def main() -> int:
    """Try all that are asked for, and give 1 if one got through that breaks something."""
    asked = _arguments()
    chosen = [each for each in MUTANTS if asked.only in f"{each.script}: {each.breaks}"]
    tries = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, done in zip(chosen, pool.map(tried, chosen, repeat(asked.seed)), strict=True):
            tries.append(done)
            sys.stdout.write(f"{_line(mutant, done)}\n")
            sys.stdout.flush()
    counts = Counter("the same" if each.same else done.by for each, done in zip(chosen, tries, strict=True))
    sys.stdout.write(
        f"\n{len(chosen)} mistakes: {', '.join(f'{count} {by}' for by, count in counts.items())}\n"
    )
    return int(any(bool(done.caught) == bool(each.same) for each, done in zip(chosen, tries, strict=True)))


def _line(mutant: Mutant, done: Try) -> str:
    told = done.caught or (f"the same: {mutant.same}" if mutant.same else "NOBODY SEES IT")
    return f"{mutant.script}: {mutant.breaks}\n    {told}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "--only", default="", help="those with this in their script's name or in what they break"
    )
    parser.add_argument("--seed", type=int, default=1, help="what the machines draw by")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
