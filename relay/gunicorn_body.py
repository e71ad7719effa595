"""Whether all of a request's body has arrived, told from the bytes alone while nobody reads them yet.

This is advice on when a request is worth a thread. gunicorn's own parser reads the request afterwards and is its only
judge: what looks odd here is handed to it at once.
"""

from __future__ import annotations

import re
from typing import Protocol

LINE_END = b"\r\n"
END = LINE_END * 2
LONGEST_LINE = 4096  # bytes of a chunk's size with its extensions, or of all trailers
OVERHEAD = 64 * 1024  # bytes of sizes and line ends between chunks
LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding:[ \t]*chunked[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
ASKS_FIRST = re.compile(rb"^expect:", re.IGNORECASE | re.MULTILINE)


class Body(Protocol):
    """A body that is on its way. `ended` tells whether its last byte has been seen."""

    @property
    def ended(self) -> bool:
        """Whether nothing more of it comes."""

    def is_whole(self, received: bytearray) -> bool:
        """Tell whether nothing more need be awaited; `received` is the request so far."""


class Announced:
    """A body of known length."""

    def __init__(self, ends: int, largest: int) -> None:
        self.ended = False
        self._ends, self._largest = ends, largest

    def is_whole(self, received: bytearray) -> bool:
        """Tell whether its last byte is there, or will never be waited for."""
        self.ended = len(received) >= self._ends
        return self.ended or self._ends > self._largest


class Chunked:
    """A body in chunks. It is walked once, chunk by chunk, however it trickles."""

    def __init__(self, begins: int, largest: int) -> None:
        self.ended = False
        self._at = begins
        self._left = largest  # bytes in chunks
        self._most = (
            begins + largest + OVERHEAD
        )  # with tiny chunks it may be more: then it gets its thread early

    def is_whole(self, received: bytearray) -> bool:
        """Tell whether the last chunk is there, or something that is no chunk, or too much."""
        while True:
            line_ends = received.find(LINE_END, self._at, self._at + LONGEST_LINE)
            if line_ends < 0:
                return len(received) - self._at >= LONGEST_LINE
            size = _chunk_size(bytes(received[self._at : line_ends]))
            if size == 0:
                self.ended = received.find(END, line_ends) >= 0
            if not size:
                return size is None or self.ended or len(received) - line_ends > LONGEST_LINE
            after = line_ends + len(LINE_END) + size + len(LINE_END)
            if after > self._most or size > self._left:
                return True
            if after > len(received):
                return False
            self._at, self._left = after, self._left - size


def body_after(head: bytes, largest: int) -> Body | None:
    """Give the body to wait for, as long as it has at most `largest` bytes; None where there is none, or its sender waits to be asked."""
    announced = LENGTH.findall(head)
    if ASKS_FIRST.search(head):
        return None
    if CHUNKED.search(head):
        return Chunked(len(head), largest)
    if len(announced) == 1 and int(announced[0]) > 0:
        return Announced(len(head) + int(announced[0]), len(head) + largest)
    return None


def _chunk_size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9a-fA-F]{1,15}", digits) else None
