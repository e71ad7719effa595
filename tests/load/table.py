"""The table of a run, in Markdown, and whether every bound was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.figures import Figures
from tests.load.probe import Pace

TWICE = 2.0  # the 99th percentile may be no worse than that many times its own without the disturbance
NOISE = 25.0  # milliseconds below which a difference says nothing
HEAD = """| While there are | to the answer, ms | to Calendly, ms | to the callback, ms | web: MB, files | worker: MB, files, threads |
| --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One disturbance: the others' pace before it and during it, and what the processes took in the end."""

    words: str
    before: Pace
    during: Pace
    web: Figures
    worker: Figures

    @property
    def kept(self) -> bool:
        """Whether the others kept their pace."""
        return all(_kept(*pair) for pair in self.pairs)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Give each pace before and during the disturbance."""
        names = ("answered", "called", "told")
        return [(getattr(self.before, name), getattr(self.during, name)) for name in names]


def table(rows: Sequence[Row]) -> str:
    """Draw the table."""
    lines = [
        f"| {row.words} | {' | '.join(_ratio(*pair) for pair in row.pairs)} | {row.web.megabytes:.0f}, {row.web.files}"
        f" | {row.worker.megabytes:.0f}, {row.worker.files}, {row.worker.threads} |"
        for row in rows
    ]
    return HEAD + "\n".join(lines)


def _kept(before: float, during: float) -> bool:
    return during <= TWICE * before or during - before <= NOISE


def _ratio(before: float, during: float) -> str:
    shown = f"{before:.0f} → {during:.0f} ({during / before:.1f} times)"
    return shown if _kept(before, during) else f"**{shown}**"
