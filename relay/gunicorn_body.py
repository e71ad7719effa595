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
OVERHEAD = (
    64 * 1024
)  # bytes of sizes and line ends between chunks: to walk many tiny ones would keep everybody waiting
LENGTH = re.compile(rb"^content-length:[ \t]*0*([0-9]{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding:[^\n]*chunked[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
ASKS_FIRST = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


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
        self._overhead = OVERHEAD

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
            overhead = after - self._at - size
            if size > self._left or overhead > self._overhead:
                return True
            if after > len(received):
                return False
            self._at, self._left = after, self._left - size
            self._overhead -= overhead


def body_after(head: bytes, largest: int) -> Body | None:
    """Give the body to wait for, as long as it has at most `largest` bytes; None where there is none."""
    announced = LENGTH.findall(head)
    if CHUNKED.search(head):
        return Chunked(len(head), largest)
    if len(announced) == 1 and int(announced[0]) > 0:
        return Announced(len(head) + int(announced[0]), len(head) + largest)
    return None


def waits_to_be_asked(head: bytes) -> bool:
    """Tell whether the sender holds its body back until it hears that it may send."""
    return ASKS_FIRST.search(head) is not None and b"HTTP/1.1\r\n" in head


def _chunk_size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9a-fA-F]{1,15}", digits) else None
