"""Going through a file for `send`: what to do with each chunk of it, and what stopped that before the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO

from relay.cli.chunks import Chunk, alone
from relay.cli.client import Client
from relay.cli.endings import Ending
from relay.cli.inbound_keys import find_destination, find_key
from relay.cli.previewing import finds_records, preview_chunk
from relay.cli.progress import place_in, progress
from relay.cli.records import Cells, Format
from relay.cli.rejects import Rejects
from relay.cli.screen import note
from relay.cli.sender import Sender
from relay.cli.tally import Tally

GO_ON = "Run the same command again to go on: what was accepted is not accepted twice."


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """The options of `send`."""

    kind: Format | None
    cells: Cells
    chunk: int
    key_env: str | None
    run: str
    rejects: Path | None
    stop_on_error: bool
    patience: float
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What to do with each chunk, how many records it may hold, and what to do after the last."""

    do: Callable[[Chunk], None]
    size: int
    finish: Callable[[], None] = lambda: None


def preview_work(client: Client, destination: str, given: SendOptions, tally: Tally) -> Work:
    """Give the work that only shows what would become of the records."""
    bodies = finds_records(client, destination)
    return Work(
        partial(preview_chunk, client, destination, tally=tally, bodies=bodies), 1 if bodies else given.chunk
    )


def send_work(
    client: Client, destination: str, file: str, given: SendOptions, tally: Tally, rejects: Rejects
) -> Work:
    """Give the work that sends them. Raises Trouble where the inbound key is missing."""
    standing = find_destination(client, destination)
    key = find_key(destination, standing["inbound"]["auth"], given.key_env)
    apart = given.rejects is not None
    # Where the destination finds records inside a body, each record of the file is such a body. Where it takes the good
    # ones of a request alone, a request should hold nothing beside one that may have to be mended.
    single = standing["inbound"].get("records") or (standing.get("partial") and not apart)
    size = 1 if single else given.chunk
    names = (PurePath(file).name, given.run)
    sender = Sender(client, destination, key, names, tally, rejects.keep)
    sender.apart, sender.joins = apart, not apart and not alone(size)
    sender.stop_on_error, sender.patience = given.stop_on_error, given.patience

    def do(chunk: Chunk) -> None:
        try:
            sender.send(chunk)
        finally:
            rejects.write(chunk.records)

    return Work(do, size, sender.finish)


def go_through(chunks: Iterable[Chunk], work: Work, tally: Tally, source: BinaryIO) -> Ending | None:
    """Go through all chunks, and give what stopped it before the end."""
    with progress(_size(source)) as update:
        try:
            for chunk in chunks:
                work.do(chunk)
                update(tally, place_in(source))
            work.finish()
        except Ending as exc:
            return exc
        except KeyboardInterrupt:
            note(f"Stopped. {tally.in_words()} {GO_ON}")
            raise
    return None


def _size(source: BinaryIO) -> int | None:
    try:
        return os.fstat(source.fileno()).st_size or None
    except OSError:
        return None
