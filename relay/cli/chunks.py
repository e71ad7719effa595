"""Records in requests, and the key by which a relay knows that it has seen a request before.

The key is made of the destination, the file's name and the request's own bytes. The same file gives the same requests and so the same
keys, and sending it again after a Ctrl-C goes on where it stopped.

Where a request ends is decided by its last record's own bytes, not by counting from the file's beginning: a record that is mended or
taken out changes the request that it is in, and all others keep their bytes and keys. The exception is a record that
ends a request: without it, that one and the next are one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from relay.cli.records import Record

MOST_BYTES = 512 * 1024  # of one request; relays take 1 MiB unless they are told otherwise
FILLED = (
    8  # one record in so many of a full request ends one, so that hardly any has to be cut for being full
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The records of one request. `place` tells it from those with the same bytes: the second such one in a file is 1."""

    place: str
    records: tuple[Record, ...]

    @property
    def body(self) -> bytes:
        """Give the request's body. One record goes alone, as an upstream system would send it."""
        if len(self.records) == 1:
            return self.records[0].text.encode()
        return f"[{','.join(record.text for record in self.records)}]".encode()

    def key(self, *names: str) -> str:
        """Give the idempotency key under these names: the destination's, the file's, the run's."""
        seed = json.dumps([*names, self.place, _digest(self.body).hex()])
        return f"send-{_digest(seed.encode()).hex()[:48]}"

    def followed_by(self, other: Chunk) -> Chunk:
        """Give one chunk with the records of both."""
        return Chunk(f"{self.place}+{other.place}", self.records + other.records)

    def halves(self) -> tuple[Chunk, Chunk]:
        """Give two chunks of half the size."""
        middle = len(self.records) // 2
        return Chunk(f"{self.place}.0", self.records[:middle]), Chunk(
            f"{self.place}.1", self.records[middle:]
        )

    def without(self, indexes: Iterable[int]) -> Chunk:
        """Give the chunk without some of its records."""
        left_out = frozenset(indexes)
        kept = (record for index, record in enumerate(self.records) if index not in left_out)
        return Chunk(self.place, tuple(kept))


def chunked(records: Iterable[Record], size: int, most_bytes: int = MOST_BYTES) -> Iterator[Chunk]:
    """Cut records into chunks of at most `size`, and of about an eighth of it in the mean."""
    before: Counter[bytes] = Counter()
    for group in _groups(records, size, most_bytes):
        chunk = Chunk("", tuple(group))
        digest = _digest(chunk.body)
        yield Chunk(str(before[digest]), chunk.records)
        before[digest] += 1


def _groups(records: Iterable[Record], size: int, most_bytes: int) -> Iterator[Sequence[Record]]:
    group: list[Record] = []
    weight = 0
    for record in records:
        if group and (len(group) == size or weight + len(record.text) > most_bytes):
            yield group
            group, weight = [], 0
        group.append(record)
        weight += len(record.text)
        if _ends_a_chunk(record, size):
            yield group
            group, weight = [], 0
    if group:
        yield group


def _ends_a_chunk(record: Record, size: int) -> bool:
    if alone(size):
        return True
    # One that cannot be read will be mended, and should not have ended anything before.
    return (
        not record.fault and int.from_bytes(_digest(record.text.encode())[:8], "big") % (size // FILLED) == 0
    )


def alone(size: int) -> bool:
    """Tell whether chunks of at most this size hold one record each, whatever it is."""
    return size < 2 * FILLED


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
