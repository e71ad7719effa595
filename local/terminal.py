"""What the person at the terminal sees: every line under the name of the process that said it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TextIO

COLOURS = {"redis": "31", "sandbox": "35", "web": "36", "worker": "33", "relay": "32"}
NAME_WIDTH = max(map(len, COLOURS))


class Terminal:
    """Prints whole lines from many threads; colours only where a person looks."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stdout
        self._quiet = quiet
        self._coloured = self._out.isatty() and not os.environ.get("NO_COLOR")
        self._encoding = self._out.encoding or "utf-8"
        self._lock = threading.Lock()

    def listener(self, name: str) -> Callable[[str], None]:
        """Give the function that prints a child's lines; it drops them when the terminal is quiet."""

        def listen(line: str) -> None:
            if not self._quiet:
                self._write(self._prefixed(name, line))

        return listen

    def say(self, text: str) -> None:
        """Print a line of the house's own, quiet or not."""
        self._write(self._prefixed("relay", text))

    def show(self, text: str) -> None:
        """Print a text as it is."""
        self._write(text)

    def _prefixed(self, name: str, line: str) -> str:
        label = f"{name:<{NAME_WIDTH}} |"
        if self._coloured:
            label = f"\033[{COLOURS.get(name, '37')}m{label}\033[0m"
        return f"{label} {line}"

    def _write(self, text: str) -> None:
        printable = text.encode(self._encoding, "replace").decode(self._encoding)
        with self._lock:
            try:
                self._out.write(printable + "\n")
                self._out.flush()
            except (OSError, ValueError):
                # The terminal has gone. Its processes end in order all the same, so keep reading what they say.
                self._quiet = True
