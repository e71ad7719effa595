"""Ids that sort by time, so that a list of ids is a list in order of acceptance.

An id is a prefix, ten characters of time (milliseconds since 1970), fourteen of chance and one that names the
shard of Redis keys that its destination lives in. The alphabet is Crockford's: no letter reads like a digit.
"""

from __future__ import annotations

import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHARDS = 16  # how many hash tags the keys are spread over
_TIME_LENGTH = 10
_CHANCE_LENGTH = 14
_CHANCE_BITS = _CHANCE_LENGTH * 5
ID_LENGTH = _TIME_LENGTH + _CHANCE_LENGTH + 1


def _encode(number: int, length: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range((length - 1) * 5, -1, -5))


class IdMaker:
    """Makes ids that rise within this process, also within one millisecond: ties in a lane keep their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = (0, 0)

    def make(self, prefix: str, shard: str) -> str:
        """Give a new id, such as dlv_01KB…, whose last character is the shard (one hexadecimal digit)."""
        with self._lock:
            now, (before, chance) = time.time_ns() // 1_000_000, self._last
            if now > before:
                # The top bit stays free, so that counting up within a millisecond cannot run over.
                chance = secrets.randbits(_CHANCE_BITS - 1)
            else:
                now, chance = before, chance + 1
            self._last = (now, chance)
        return f"{prefix}{_encode(now, _TIME_LENGTH)}{_encode(chance, _CHANCE_LENGTH)}{shard.upper()}"


def shard_of_id(identifier: str) -> str:
    """Give the shard that an id names, as one lower-case hexadecimal digit; ValueError if it names none."""
    shard = identifier[-1:].lower()
    if len(identifier) < ID_LENGTH or shard not in "0123456789abcdef" or not identifier.isascii():
        raise ValueError("not an id of the relay")
    return shard


def made_at(prefix: str, identifier: str) -> float:
    """Give the moment when an id was made, in Unix seconds."""
    milliseconds = 0
    for letter in identifier.removeprefix(prefix)[:_TIME_LENGTH]:
        milliseconds = milliseconds * 32 + ALPHABET.index(letter)
    return milliseconds / 1000


def first_at(prefix: str, milliseconds: int) -> str:
    """Give the lowest id text that can have been made at that moment: the bound for a list by time."""
    return prefix + _encode(max(0, milliseconds), _TIME_LENGTH)
