"""The mark of this relay's data: how a store that has lost everything is told from one that knows no such destination.

Senders give up for good on a 404, so it has to be true. The mark is left with the first settings, and goes with them: where
it is missing, the store was never set up, or is empty again, and nobody can tell what it should know.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Literal

from redis import Redis

from relay.errors import StoreLost
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.listing import in_order
from relay.store.texts import text

SETTING_UP = 600.0  # seconds after which a store that took the place of another one counts as set up

UNREAD = "unread"  # in place of a mark that nobody looked at while it was there

Standing = Literal["whole", "empty", "lost", "another"]
SENTENCES = {
    "empty": "The store holds no settings at all: nobody has made a credential and a destination yet, or it has lost its data.",
    "lost": "The store has lost its data: the mark that was there is gone.",
    "another": "The store holds other data than before, and may still be set up.",
}


def leave_mark(redis: Redis) -> None:
    """Leave the mark where there is none: from now on the store knows which destinations there are."""
    with speaking_our_errors():
        redis.set(keys.MARK, secrets.token_hex(8), nx=True)


class Mark:
    """Knows how the store stands, by what this process has seen of its mark."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._seen = ""
        self._had_data = False
        self._other = ""  # another mark than the one seen before, and since when
        self._other_since = 0.0

    def witness(self) -> None:
        """Take note that the store has settings at this moment: one that has none later has lost them."""
        self._had_data = True

    def look(self) -> Standing:
        """Say how the store stands now."""
        return self._judge(*self._read()[:3])

    def refuse_if_lost(self, destination: str = "") -> None:
        """Raise StoreLost where it may be the store's fault that it has no settings, or none of this destination."""
        *read, listed = self._read(destination)
        standing = self._judge(*read)
        if standing != "whole":
            raise StoreLost(f"{SENTENCES[standing]} Keep this and send it again.")
        if listed is not None:
            raise StoreLost(
                "The store has lost the settings of this destination. Keep this and send it again."
            )

    def _read(self, destination: str = "") -> list[Any]:
        def ask() -> list[Any]:
            pipe = self._redis.pipeline(transaction=False)
            pipe.get(keys.MARK)
            pipe.zcard(keys.DESTINATIONS)
            pipe.zcard(keys.CREDENTIALS)
            pipe.zscore(keys.DESTINATIONS, destination)
            return list(pipe.execute())

        with speaking_our_errors():
            return in_order(self._redis, (keys.DESTINATIONS, keys.CREDENTIALS), ask)

    def _judge(self, raw: bytes | None, destinations: int, credentials: int) -> Standing:
        if raw is None and (destinations or credentials):
            leave_mark(self._redis)  # an older release set it up
            return "whole"
        if raw is None:
            self._seen = self._seen or (UNREAD if self._had_data else "")
            return "lost" if self._seen else "empty"
        return "whole" if self._is_known(text(raw)) else "another"

    def _is_known(self, mark: str) -> bool:
        """Tell whether the mark is the one seen before, or has stood for long enough to take its place."""
        if mark != self._other:
            self._other, self._other_since = mark, time.monotonic()
        if not self._seen or time.monotonic() - self._other_since > SETTING_UP:
            self._seen = mark
        return mark == self._seen
