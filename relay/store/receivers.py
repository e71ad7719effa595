"""Receivers of callbacks that answered 410: nothing more is sent to that URL."""

from __future__ import annotations

from redis import Redis

from relay.store import keys
from relay.store.connection import speaking_our_errors
from relay.store.texts import text


class Receivers:
    """Remembers, per destination, the URL at which callbacks have ended."""

    def __init__(self, redis: Redis, keep: int) -> None:
        self._redis = redis
        self._keep = keep  # seconds; then one callback finds out whether it is so still

    def note_gone(self, destination: str, url: str) -> None:
        """Say that nobody wants callbacks at this URL any more."""
        with speaking_our_errors():
            self._redis.set(keys.gone_receiver(destination), url, ex=self._keep)

    def forget(self, destination: str) -> None:
        """Say that callbacks are wanted again."""
        with speaking_our_errors():
            self._redis.delete(keys.gone_receiver(destination))

    def is_gone(self, destination: str, url: str) -> bool:
        """Tell whether callbacks have ended at this URL; another URL of the same destination is another matter."""
        with speaking_our_errors():
            noted = self._redis.get(keys.gone_receiver(destination))
        return noted is not None and text(noted) == url
