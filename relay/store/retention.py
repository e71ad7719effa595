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

AT_A_TIME = 1000  # names looked at per destination and state in one pass
DAY = 86400  # seconds


class Retention:
    """Keeps the logs as short as what they name."""

    def __init__(self, redis: Redis, days: int) -> None:
        self._redis = redis
        self.keep = days * DAY  # seconds that a settled delivery stays

    def trim(self) -> int:
        """Take the names of expired deliveries off every log, and tell how many there were."""
        with speaking_our_errors():
            ids = [text(raw) for raw in self._redis.smembers(keys.DESTINATIONS)]
            return sum(self._trim(destination, state) for destination in ids for state in SETTLED)

    def _trim(self, destination: str, state: str) -> int:
        bound = first_at(PREFIX, int((time.time() - self.keep) * 1000))
        shard = keys.shard_of(destination)
        log = keys.log(shard, destination, state)
        names = [text(raw) for raw in self._redis.zrangebylex(log, "-", f"({bound}", start=0, num=AT_A_TIME)]
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.exists(keys.delivery(name))
        expired = [name for name, exists in zip(names, pipe.execute(), strict=True) if not exists]
        if expired:
            for each in (
                log,
                keys.log(shard, destination),
                keys.log(shard, None, state),
                keys.log(shard),
            ):
                pipe.zrem(each, *expired)
            pipe.execute()
        return len(expired)
