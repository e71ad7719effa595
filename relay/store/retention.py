"""Retention: settled deliveries expire by themselves; here the logs follow, and whatever a change of settings left over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.model.delivery import SETTLED
from relay.model.ids import first_at
from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.deliveries import PREFIX
from relay.store.listing import pieces
from relay.store.scripts import Scripts
from relay.store.texts import text

AT_A_TIME = 1000  # names looked at in one round trip
RETAINED_AT_A_TIME = 100  # deliveries brought to what their destination says in one round trip
DAY = 86400  # seconds


@dataclass(frozen=True, slots=True)
class _Terms:
    """How long a destination keeps what is settled (seconds), and whether tidying `applied` all that it `says`, and `today`."""

    keep: int
    says: str
    drops: bool
    applied: bool
    today: bool


class Retention:
    """Keeps the logs as short as what they name, and what they name no longer than its destination says."""

    def __init__(self, redis: Redis, scripts: Scripts, days: int) -> None:
        self._redis = redis
        self._scripts = scripts
        self.keep = days * DAY  # seconds, where a destination says nothing of its own

    def trim(self) -> int:
        """Take the names of expired deliveries off every log, and tell how many there were.

        All that a destination settled is brought to what its settings say where they say something new, and its logs are
        walked whole once a day.
        """
        with speaking_our_errors():
            deleted = {text(name) for name in self._redis.smembers(keys.DELETED_DESTINATIONS)}
            names = deleted.union(*pieces(self._redis, keys.DESTINATIONS))
            trimmed = sum(self._tidy(name) for name in names)
            self._forget_the_deleted()
            return trimmed

    def _tidy(self, destination: str) -> int:
        terms = self._terms(destination)
        if terms.applied and terms.today:
            # What is older was settled so long ago that it may have expired.
            return sum(self._trim(destination, state, time.time() - terms.keep) for state in SETTLED)
        if terms.applied and not terms.drops:
            trimmed = sum(self._trim(destination, state, time.time()) for state in SETTLED)
        else:
            trimmed = sum(self._retain(destination, state) for state in SETTLED)
        applied: Any = {"applied": terms.says, "applied_at": str(int(time.time()))}
        self._redis.hset(keys.retention(destination), mapping=applied)
        return trimmed

    def _terms(self, destination: str) -> _Terms:
        names = ("keep", "payload", "applied", "applied_at")
        read = self._redis.hmget(keys.retention(destination), *names)
        own, payload, applied, at = (text(each or b"") for each in read)
        keep = int(own or self.keep)
        says = f"{keep} {payload}"
        return _Terms(keep, says, payload == "drop", applied == says, time.time() - int(at or 0) < DAY)

    def _trim(self, destination: str, state: str, until: float) -> int:
        """Walk one log from its oldest name up to those that were accepted then."""
        trimmed = 0
        for names in self._pages(destination, state, AT_A_TIME, until):
            # What is old and still kept (it was retried, or held for long) does not hide what comes after it.
            trimmed += self._take_off(destination, state, self._expired(names))
        return trimmed

    def _retain(self, destination: str, state: str) -> int:
        """Walk one log from end to end, and have what was settled before go as early as the settings say now."""
        prefix, trimmed = keys.shard_prefix(keys.shard_of(destination)), 0
        for names in self._pages(destination, state, RETAINED_AT_A_TIME, time.time()):
            calls = [(keys.delivery(name), [prefix, name, self.keep]) for name in names]
            kept = self._scripts.run_many("retain", calls)
            expired = [name for name, is_kept in zip(names, kept, strict=True) if not is_kept]
            trimmed += self._take_off(destination, state, expired)
        return trimmed

    def _pages(self, destination: str, state: str, at_a_time: int, until: float) -> Iterator[list[str]]:
        """Give the names on one log that were accepted until then, the oldest first."""
        log = keys.log(keys.shard_of(destination), destination, state)
        lower, upper = "-", f"({first_at(PREFIX, int(until * 1000))}"
        while found := self._redis.zrangebylex(log, lower, upper, start=0, num=at_a_time):
            names = [text(name) for name in found]
            yield names
            lower = f"({names[-1]}"

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
            shard = keys.shard_of(name)
            if not self._redis.exists(keys.log(shard, name)):
                self._scripts.run("forget_retention", keys.retention(name), [keys.shard_prefix(shard), name])
                self._redis.srem(keys.DELETED_DESTINATIONS, name)
