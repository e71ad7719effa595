"""How safely something has to be stored before anybody counts on it, and whether it is.

A wait (`WAITAOF`, `WAIT`) is about what was written over the same connection before, so it travels with the write. A tick
is written between the two: what a script only found, without writing anything, may have been stored a moment ago by
somebody else, and is waited for as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from relay.config import Durability as Kind
from relay.errors import NotConfirmed, NotDurable
from relay.store import keys
from relay.store.connection import server_of, speaking_our_errors
from relay.store.patience import patience_left, waited_for

LONGEST_WAIT = 1.2  # seconds; with `appendfsync everysec` a write is on disk after one
MARGIN = 0.1  # seconds in which the answer still reaches whoever waits
REST = 1.0  # seconds after a wait in vain, for which nobody tries again

_WAITS: dict[str, tuple[str, ...]] = {"fsync": ("WAITAOF", "1", "0"), "replica": ("WAIT", "1")}
_IN_VAIN = {
    "fsync": "Redis did not write it to disk in time",
    "replica": "no replica of Redis had it in time",
}


class Durability:
    """Sends what must not be forgotten, and knows for each server whether its promises can be had at this moment.

    Where they cannot, nothing more is stored until they can: a sender that is told to come again would otherwise leave
    a record each time.
    """

    def __init__(self, redis: Redis, kind: Kind) -> None:
        self._redis = redis
        self.kind = kind
        self._troubles: dict[str, str] = {}  # by server: why its last promise was not had; empty where it was
        self._tried_at: dict[str, float] = {}
        self._probing = threading.Lock()

    @property
    def waits(self) -> bool:
        """Tell whether anything is waited for."""
        return self.kind != "redis"

    def ensure(self, key: str, *, anew: bool = False) -> None:
        """Raise NotDurable if the server that has this key cannot promise to keep what it would be given now.

        One that could the last time is not asked again, unless `anew`.
        """
        if not self.waits:
            return
        with speaking_our_errors():
            server = server_of(self._redis, key)
        if self._troubles.get(server) == "" and not anew:
            return
        with waited_for():
            free = self._probing.acquire(
                timeout=0 if server in self._troubles else patience_left(LONGEST_WAIT)
            )
        if not free:  # somebody finds out at this moment
            raise NotDurable(f"{self._sentence(server)} Nothing was stored; send this again.")
        try:
            if time.monotonic() - self._tried_at.get(server, float("-inf")) > REST:
                self.send(key)
        finally:
            self._probing.release()
        if self._troubles.get(server):
            raise NotDurable(f"{self._sentence(server)} Nothing was stored; send this again.")

    def try_all(self, each_with_a_key: Iterable[str]) -> None:
        """Find out whether servers keep their promises now, before a request has to; forget those that are gone."""
        if not self.waits:
            return
        there = set()
        for key in each_with_a_key:
            with suppress(NotDurable):  # `trouble` tells
                self.ensure(key, anew=True)
            with speaking_our_errors():
                there.add(server_of(self._redis, key))
        for gone in set(self._troubles) - there:
            self._troubles.pop(gone, None)

    def send(self, key: str, *command: Any) -> tuple[Any, bool]:
        """Send a command to the server of this key and wait for its promise; give the answer, and whether it was had.

        The answer may be a ResponseError of Redis's. Without a command only the promise is asked for.
        """
        with speaking_our_errors():
            server = server_of(self._redis, key)
            pipe = self._redis.pipeline(transaction=False)  # on a Cluster, too: one tag, one connection
            if command:
                pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # the client has no types here
            pipe.set(keys.tick(key), 1)
            pipe.execute_command(*_WAITS[self.kind], _milliseconds())  # type: ignore[no-untyped-call]
            *answers, ticked, told = pipe.execute(raise_on_error=False)
            if isinstance(ticked, RedisError) and not command:
                raise ticked
        kept = not isinstance(ticked, RedisError) and self._note(server, told)
        return (answers[0] if answers else None), kept

    def confirm(self, answer: Any, *, kept: bool) -> Any:
        """Give the answer to something sent; NotConfirmed unless it is kept, StoreUnavailable if it is a refusal."""
        with speaking_our_errors():
            if isinstance(answer, RedisError):
                raise answer
        if not kept:
            unconfirmed = NotConfirmed()
            unconfirmed.answer = answer
            raise unconfirmed
        return answer

    def trouble(self) -> str:
        """Say in a sentence why promises cannot be had at this moment; empty where they can, or nobody has asked yet."""
        return next(
            (self._sentence(server) for server, trouble in list(self._troubles.items()) if trouble), ""
        )

    def _note(self, server: str, told: Any) -> bool:
        """Remember what a wait came to, and tell whether it was for something."""
        trouble = _why(str(told)) if isinstance(told, ResponseError) else ""
        if not trouble:
            number = told[0] if isinstance(told, (list, tuple)) else told
            trouble = "" if int(number) > 0 else _IN_VAIN[self.kind]
        self._tried_at[server] = time.monotonic()
        self._troubles[server] = trouble
        return not trouble

    def _sentence(self, server: str) -> str:
        because = self._troubles.get(server) or "nobody knows yet whether Redis can"
        return f"RELAY_DURABILITY is {self.kind}, and {because}."


def _milliseconds() -> int:
    """Give how long Redis may wait: its answer should still find somebody who listens. 0 would be for ever."""
    return max(1, round((patience_left(LONGEST_WAIT + MARGIN) - MARGIN) * 1000))


def _why(refusal: str) -> str:
    """Say in our own words why Redis does not wait."""
    words = refusal.lower()
    if "unknown command" in words:
        return "this Redis has no WAITAOF: it is older than 7.2"
    if "appendonly" in words:
        return "this Redis has no append-only file: appendonly is off"
    if "replica" in words:
        return "this Redis is a replica itself"
    return "Redis does not let anybody wait for that"
