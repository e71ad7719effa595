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

    def leave(self, worker: str) -> None:
        """Say that this worker process ends."""
        with speaking_our_errors():
            self._redis.zrem(keys.WORKERS, worker)

    def workers(self) -> int:
        """Count the worker processes that said something lately."""
        with speaking_our_errors():
            return int(self._redis.zcount(keys.WORKERS, self._now() - FRESH, "+inf"))

    def first_in(self, task: str, seconds: float) -> bool:
        """Tell whether nobody else took up this task within so many seconds; if so, it is ours."""
        with speaking_our_errors():
            return bool(self._redis.set(keys.turn_at(task), 1, nx=True, ex=round(seconds)))

    def _now(self) -> int:
        # Redis's clock, since the machines' own may differ.
        return int(self._redis.time()[0])
