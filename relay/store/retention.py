"""Retention: settled deliveries expire by themselves; here their names are taken off the logs."""

from __future__ import annotations

import time

from redis import Redis

from relay.model.delivery import SETTLED
from relay.model.ids import first_at
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.deliveries import PREFIX
from relay.store.texts import text

AT_A_TIME = 1000  # names looked at in one round trip
DAY = 86400  # seconds


class Retention:
    """Keeps the logs as short as what they name."""

    def __init__(self, redis: Redis, days: int) -> None:
        self._redis = redis
        self.keep = days * DAY  # seconds that a settled delivery stays

    def trim(self) -> int:
        """Take the names of expired deliveries off every log, and tell how many there were."""
        with speaking_our_errors():
            names = self._redis.sunion([keys.DESTINATIONS, keys.DELETED_DESTINATIONS])
            trimmed = sum(self._trim(text(name), state) for name in names for state in SETTLED)
            self._forget_the_deleted()
            return trimmed

    def _trim(self, destination: str, state: str) -> int:
        """Walk one log from its oldest name up to those that cannot have expired yet."""
        log = keys.log(keys.shard_of(destination), destination, state)
        lower, upper = "-", f"({first_at(PREFIX, int((time.time() - self.keep) * 1000))}"
        trimmed = 0
        while names := self._redis.zrangebylex(log, lower, upper, start=0, num=AT_A_TIME):
            # What is old and still kept (it was retried, or held for long) must not hide what comes after it.
            lower = f"({text(names[-1])}"
            trimmed += self._take_off(destination, state, self._expired([text(name) for name in names]))
        return trimmed

    def _expired(self, names: list[str]) -> list[str]:
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.exists(keys.delivery(name))
        return [name for name, exists in zip(names, pipe.execute(), strict=True) if not exists]

    def _take_off(self, destination: str, state: str, names: list[str]) -> int:
        if names:
            shard = keys.shard_of(destination)
            pipe = self._redis.pipeline(transaction=False)
            for whose in (None, destination):
                pipe.zrem(keys.log(shard, whose, state), *names)
                pipe.zrem(keys.log(shard, whose), *names)
            pipe.execute()
        return len(names)

    def _forget_the_deleted(self) -> None:
        for name in map(text, self._redis.smembers(keys.DELETED_DESTINATIONS)):
            if not self._redis.exists(keys.log(keys.shard_of(name), name)):
                self._redis.srem(keys.DELETED_DESTINATIONS, name)
