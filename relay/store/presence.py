"""Which worker processes are alive: each says so every few seconds. And which of them does what only one need do."""

from __future__ import annotations

from redis import Redis

from relay.store import keys
from relay.store.connection import speaking_our_errors

FRESH = 15  # seconds after which a worker that said nothing counts as gone


class Presence:
    """Notes and counts worker processes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def note(self, worker: str) -> None:
        """Say that this worker process is alive."""
        with speaking_our_errors():
            now = self._now()
            self._redis.zadd(keys.WORKERS, {worker: now})
            self._redis.zremrangebyscore(keys.WORKERS, "-inf", now - 60 * FRESH)
            self._redis.zremrangebyscore(keys.WORKERS, now + 60 * FRESH, "+inf")

    def leave(self, worker: str) -> None:
        """Say that this worker process ends."""
        with speaking_our_errors():
            self._redis.zrem(keys.WORKERS, worker)

    def workers(self) -> int:
        """Count the worker processes that said something lately."""
        with speaking_our_errors():
            now = self._now()
            # One that is seen in the future said so before Redis's clock was set back; if it lives, it says so again.
            return int(self._redis.zcount(keys.WORKERS, now - FRESH, now + FRESH))

    def first_in(self, task: str, seconds: float) -> bool:
        """Tell whether nobody else took up this task within so many seconds; if so, it is ours."""
        name, lasts = keys.turn_at(task), round(seconds)
        with speaking_our_errors():
            ours = bool(self._redis.set(name, 1, nx=True, ex=lasts))
            if not ours and self._redis.ttl(name) > lasts:  # Redis's clock was set back
                self._redis.expire(name, lasts)
            return ours

    def _now(self) -> int:
        # Redis's clock, since the machines' own may differ.
        return int(self._redis.time()[0])
