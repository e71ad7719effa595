"""Lists of all that there is of a kind, by id: read piece by piece, however long they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from redis import Redis
from redis.exceptions import ResponseError

from relay.store.connection import speaking_our_errors
from relay.store.texts import text

AT_A_TIME = 200  # things read in one round trip
MOST_SEARCHED = 1000  # things that one page looks through for those that fit before it hands out a cursor

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Page(Generic[Thing]):
    """Some things of a list, and where to go on (None: there are no more)."""

    items: list[Thing]
    next_cursor: str | None


class Listing(Generic[Thing]):
    """The ids under one key, and what they stand for.

    `read` gives what it finds of some ids, in their order: an id may be listed a moment before its thing is there, and
    a moment after it is gone.
    """

    def __init__(
        self, redis: Redis, key: str, read: Callable[[Sequence[str]], Sequence[tuple[str, Thing]]]
    ) -> None:
        self._redis = redis
        self._key = key
        self._read = read

    def add(self, identifier: str) -> None:
        """List an id."""
        with speaking_our_errors():
            in_order(self._redis, (self._key,), lambda: self._redis.zadd(self._key, {identifier: 0}))

    def remove(self, identifier: str) -> None:
        """Take an id off."""
        with speaking_our_errors():
            in_order(self._redis, (self._key,), lambda: self._redis.zrem(self._key, identifier))

    def pieces(self) -> Iterator[list[str]]:
        """Give every id that is listed from the first piece to the last, in order."""
        return pieces(self._redis, self._key)

    def all(self) -> list[Thing]:
        """Give everything, by id."""
        return [thing for ids in self.pieces() for _, thing in self._read(ids)]

    def page(
        self, limit: int, cursor: str | None, fits: Callable[[Thing], bool] | None = None
    ) -> Page[Thing]:
        """Give up to `limit` things that fit and whose ids come after `cursor`. It may be short, and more may follow."""
        size = AT_A_TIME if fits else limit
        found: list[Thing] = []
        for _ in range(MOST_SEARCHED // AT_A_TIME):
            ids = _after(self._redis, self._key, cursor, size + 1)
            for identifier, thing in self._read(ids[:size]):
                if fits is None or fits(thing):
                    found.append(thing)
                if len(found) == limit:
                    return Page(found, identifier if identifier != ids[-1] else None)
            if len(ids) <= size:
                return Page(found, None)
            cursor = ids[size - 1]
        return Page(found, cursor)


def pieces(redis: Redis, key: str) -> Iterator[list[str]]:
    """Give all ids of a list that are there from the first piece to the last, in order."""
    last = None
    while found := _after(redis, key, last, AT_A_TIME):
        yield found
        last = found[-1]


def in_order(redis: Redis, listed: Sequence[str], ask: Callable[[], Answer]) -> Answer:
    """Ask for something of lists of ids, after putting those in order that an older release kept without one."""
    try:
        return ask()
    except ResponseError as exc:
        if "WRONGTYPE" not in str(exc):
            raise
    for key in listed:
        redis.zunionstore(key, {key: 0})  # in one step, and nothing new where it is in order already
    return ask()


def _after(redis: Redis, key: str, identifier: str | None, limit: int) -> list[str]:
    first = "-" if identifier is None else f"({identifier}"
    with speaking_our_errors():
        found = in_order(redis, (key,), lambda: redis.zrangebylex(key, first, "+", start=0, num=limit))
    return [text(raw) for raw in found]
