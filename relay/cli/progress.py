"""How far `send` is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from relay.cli.screen import note, wants_colour
from relay.cli.tally import Tally

EVERY = 10.0  # seconds between two lines where there is no terminal

Update = Callable[[Tally, int], None]


@contextmanager
def progress(size: int | None) -> Iterator[Update]:
    """Give a function that shows a tally and how many bytes of the file are read; `size` is how many there are."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    console.no_color = not wants_colour(console.file)
    done = BarColumn() if size else SpinnerColumn()
    with Progress(
        done, TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("", total=size or None)
        yield lambda tally, read: bar.update(task, completed=read, description=f"{tally.total} records")


def _lines() -> Update:
    last = time.monotonic()

    def update(tally: Tally, read: int) -> None:
        nonlocal last
        del read
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            note(f"{tally.total} records so far: {tally.in_words()}")

    return update


def place_in(file: BinaryIO) -> int:
    """Give how many bytes of a file are read, or 0 for a stream that does not know."""
    try:
        return file.tell()
    except (OSError, ValueError):
        return 0
