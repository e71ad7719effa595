"""What the relay's processes take of the machine, as Linux tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Figures:
    """Megabytes in memory, open files and threads, of the greediest process among several."""

    megabytes: float
    files: int
    threads: int


def figures(pids: Iterable[int]) -> Figures:
    """Measure these processes; each figure is that of the one with the most."""
    each = [(_status(pid), len(list((PROC / str(pid) / "fd").iterdir()))) for pid in pids]
    return Figures(
        max(int(status["VmRSS"].split()[0]) / 1024 for status, _ in each),
        max(files for _, files in each),
        max(int(status["Threads"]) for status, _ in each),
    )


def children_of(pid: int) -> list[int]:
    """Give the processes that one has started."""
    return [int(each) for each in (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]


def _status(pid: int) -> dict[str, str]:
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
