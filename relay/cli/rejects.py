"""Rejected records in a file of their own: one a line, in the order of the file that was sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from relay.cli.endings import Trouble
from relay.cli.records import Record


def line_of(record: Record) -> str:
    """Give a record as one line. What could not be read stays as it was, and what is sent for it is rejected again."""
    text = record.text or record.raw
    if "\n" not in text and "\r" not in text:
        return text
    if record.fault:
        return json.dumps(text, ensure_ascii=False)  # a text is no object, so nobody sends it by mistake
    # Line ends of right JSON stand between its parts only.
    return text.replace("\r", " ").replace("\n", " ")


class Rejects:
    """Keeps rejected records, and writes them chunk by chunk. The file is made with the first of them."""

    def __init__(self, path: Path | None, source: str, open_files: ExitStack) -> None:
        """Raise Trouble where the file is the one that is sent."""
        if path is not None and path.exists() and source != "-" and path.samefile(source):
            raise Trouble("The file that --rejects names is the one that is sent; name another.")
        self._kept: set[int] = set()
        self._file: IO[str] | None = None
        if path is not None:
            # Bytes that are no UTF-8 are written as they were read.
            opened = click.open_file(str(path), "w", encoding="utf-8", errors="surrogateescape", lazy=True)
            self._file = open_files.enter_context(opened)

    def keep(self, record: Record) -> None:
        """Note that a record of the chunk at hand was rejected."""
        self._kept.add(id(record))

    def write(self, records: Iterable[Record]) -> None:
        """Write those of a chunk's records that were rejected, in their order: they are not rejected in it."""
        lines = [line_of(record) for record in records if id(record) in self._kept]
        self._kept.clear()
        if self._file is not None and lines:
            self._file.write("".join(f"{line}\n" for line in lines))
