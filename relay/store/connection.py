"""The way to Redis: how long we wait for it, and what we call it when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from relay.errors import StoreUnavailable

PATIENCE = (
    1.5  # seconds that one command may take: whoever waits for the inbound route waits for two or three
)


def connect(url: str, *, patience: float | None = PATIENCE) -> Redis:
    """Give a client that connects on first use.

    Commands are never sent again behind our back: a script whose answer was lost may have run, so its caller decides.
    A stale pooled connection is no reason to fail, though: the health check finds it before it is used.
    """
    return Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=PATIENCE,
        socket_keepalive=True,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
    )


@contextmanager
def speaking_our_errors() -> Iterator[None]:
    """Turn whatever the Redis client raises into StoreUnavailable; its text may hold an address, so it stays inside."""
    try:
        yield
    except (RedisError, OSError) as exc:
        raise StoreUnavailable from exc
