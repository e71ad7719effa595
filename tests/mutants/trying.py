"""One mistake, made in a copy of the tree, and what the tests there say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant

TREE = Path(__file__).parents[2]
STORE = "tests/service/store"
MACHINES = (
    f"{STORE}/test_one_lane_machine.py",
    f"{STORE}/test_acceptance_machine.py",
    f"{STORE}/test_dropping_machine.py",
)
# What tries all of the scripts one by one; the machines had their turn.
OTHERS = (STORE, "tests/service/test_forgetting.py", *(f"--ignore={each}" for each in MACHINES))
NEEDED = ("relay", "workers", "sandbox", "local", "tests", "pyproject.toml")
LONGEST = 600.0  # seconds; a mistake may make something wait for ever


@dataclass(frozen=True, slots=True)
class Try:
    """Who saw a mistake, and the test that failed; `caught` is empty where none did."""

    by: str
    caught: str = ""


def tried(mutant: Mutant, seed: int) -> Try:
    """Make a mistake in a copy of the tree, and have first the machines and then all tests of the store look for it."""
    with tempfile.TemporaryDirectory(prefix="relay-mutant-") as folder:
        tree = Path(folder)
        _copied(tree)
        script = tree / "relay" / "store" / "scripts" / f"{mutant.script}.lua"
        script.write_text(mutant.put_into(script.read_text(encoding="utf-8")), encoding="utf-8")
        for by, paths in (("seen by machines", MACHINES), ("seen by other tests", OTHERS)):
            failed = _failed(tree, paths, seed)
            if failed:
                return Try(by, failed)
    return Try("seen by nobody")


def _copied(tree: Path) -> None:
    for name in NEEDED:
        source = TREE / name
        if source.is_dir():
            shutil.copytree(source, tree / name)
        else:
            shutil.copy(source, tree / name)


def _failed(tree: Path, paths: tuple[str, ...], seed: int) -> str:
    """Run tests until one fails, and name it; an empty text if none does."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:randomly",
        "--hypothesis-seed",
        str(seed),
        *paths,
    ]
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return "no end"
    if done.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode != 1 or not found:
        raise RuntimeError(f"The tests could not be run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found[1]
