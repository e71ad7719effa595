"""Discards: what waited in a destination that was deleted is ended piece by piece, so that nobody has to wait for it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from redis import Redis

from relay.errors import Conflict, FieldError
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.scripts import Scripts
from relay.store.texts import text

AT_A_TIME = 100  # items that one script ends, in a few milliseconds
REASON = "Discarded with its destination."


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a destination still holds: deliveries and callbacks that wait, and calls that are on their way."""

    deliveries: int
    callbacks: int = 0
    flying: int = 0

    def refusal(self, discard: int | None) -> Conflict:
        """Give the error that says why nothing was deleted, and with what number it would be."""
        if self.flying:
            return Conflict(
                f"{_counted(self.flying, 'call')} of this destination {_is(self.flying)} on the way to Calendly, and"
                f" {self._waits()}; nothing was deleted."
                " Pause it, wait a moment, and try again."
            )
        callbacks = f", and {_counted(self.callbacks, 'callback')}" if self.callbacks else ""
        sentence = f"{self._waits(' of this destination still')}{callbacks}; nothing was deleted. "
        sentence += f'With {{"discard": {self.deliveries}}} what waits is deleted, too.'
        should = f"should be {self.deliveries}: that many deliveries wait"
        return Conflict(sentence, errors=() if discard is None else (FieldError("#/discard", should),))

    def _waits(self, where: str = "") -> str:
        counted = _counted(self.deliveries, "delivery", "deliveries")
        return f"{counted}{where} {'waits' if self.deliveries == 1 else 'wait'}"


class Discards:
    """Ends what was set aside. Any process may do so at any time, also several at once."""

    def __init__(self, redis: Redis, scripts: Scripts, keep: int) -> None:
        self._redis = redis
        self._scripts = scripts
        self._keep = keep

    def finish(self, seconds: float) -> bool:
        """End what is set aside in any shard, for so many seconds; tells whether all is done."""
        stop_at = time.monotonic() + seconds
        done = [self._finish(shard, stop_at) for shard in keys.SHARD_TAGS]
        return all(done)

    def finish_of(self, destination: str, seconds: float) -> bool:
        """End what is set aside in the shard of a destination, for so many seconds; tells whether all is done."""
        return self._finish(keys.shard_of(destination), time.monotonic() + seconds)

    def _finish(self, shard: str, stop_at: float) -> bool:
        with speaking_our_errors():
            names = sorted(map(text, self._redis.smembers(keys.discards(shard))))
        for name in names:
            left = 1
            while left:
                if time.monotonic() > stop_at:
                    return False
                args = [keys.shard_prefix(shard), name, AT_A_TIME, REASON, self._keep]
                left = self._scripts.run("discard", keys.discard(shard, name), args)
        return True


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
