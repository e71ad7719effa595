"""What people see: plain text without surprises, colours on terminals only, columns that line up."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from relay.cli.endings import NotAgreed
from relay.cli.plain_text import plain

_COLOURS = {
    "delivered": "green",
    "ok": "green",
    "active": "green",
    "dead": "red",
    "failed": "red",
    "uncertain": "yellow",
    "retrying": "yellow",
    "paused": "yellow",
}
LEAST_LAST = 20  # characters of the last column, however narrow the terminal


def wants_colour(stream: Any) -> bool:
    """Tell whether a stream is a terminal whose person has not set NO_COLOR."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def say(text: str = "", *, colour: str | None = None, bold: bool = False) -> None:
    """Print a line of results."""
    styled = click.style(text, fg=colour, bold=bold or None)
    click.echo(styled, color=wants_colour(sys.stdout))


def note(text: str, *, colour: str | None = None) -> None:
    """Print a line about results, on stderr, so that results can be piped."""
    click.echo(click.style(text, fg=colour), err=True, color=wants_colour(sys.stderr))


def say_json(value: Any) -> None:
    """Print a value as JSON for programs."""
    click.echo(json.dumps(value, ensure_ascii=False))


def agree(question: str, *, yes: bool) -> None:
    """Return if `yes` was said, now or beforehand. Raises NotAgreed."""
    if yes:
        return
    if not is_interactive():
        raise NotAgreed(
            "Nothing was changed: there is nobody to ask here. Say --yes if this is what you want."
        )
    if not click.confirm(question, err=True):
        raise NotAgreed("Nothing was changed.")


def coloured(word: str, text: str | None = None) -> str:
    """Give a state in its colour; `text` is what is shown, where that is not the word itself."""
    return click.style(word if text is None else text, fg=_COLOURS.get(word))


def columns(rows: Sequence[Sequence[object]], widths: Sequence[int] = ()) -> Iterable[str]:
    """Give lines whose columns line up; the last column is cut to the terminal, and left whole where there is none.

    `widths` are the least widths, for lists that grow.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    least = [*widths, *([0] * 50)]
    wide = [max(least[place], *map(len, column)) for place, column in enumerate(zip(*cells, strict=True))]
    room = max(_terminal_width() - sum(wide[:-1]) - 2 * (len(wide) - 1), LEAST_LAST) if wide else 0
    for row in cells:
        yield "  ".join(_painted(_shown(row, wide, room), row))


def _shown(row: Sequence[str], wide: Sequence[int], room: int) -> list[str]:
    """Give the cells of a row as wide as their columns, without those at its end that are empty."""
    last = max((place for place, cell in enumerate(row) if cell), default=-1)
    padded = [cell.ljust(wide[place]) for place, cell in enumerate(row[:last])]
    ends_whole = last < len(row) - 1
    return [*padded, *([row[last] if ends_whole else _cut(row[last], room)] if last >= 0 else [])]


def _painted(shown: Sequence[str], row: Sequence[str]) -> list[str]:
    return [
        coloured(cell, text) if cell in _COLOURS else text for cell, text in zip(row, shown, strict=False)
    ]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 100_000


def show_lines(lines: Iterable[str]) -> None:
    """Print lines that may be coloured already."""
    for line in lines:
        click.echo(line, color=wants_colour(sys.stdout))


def show_list(
    found: Sequence[Mapping[str, Any]],
    head: Sequence[str],
    row: Callable[[Mapping[str, Any]], Sequence[object]],
    nothing: str,
    *,
    as_json: bool,
) -> None:
    """Show things in a table for people, or a line of JSON for each; of none, say so."""
    if as_json:
        for each in found:
            say_json(each)
    elif found:
        show_lines(columns([head, *map(row, found)]))
    if not found:
        note(nothing)
