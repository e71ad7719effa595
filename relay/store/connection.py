"""The way to Redis, however many servers it is made of; and what we call it when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from relay.errors import StoreUnavailable
from relay.redis_url import read_redis_url
from relay.store.cluster import Cluster
from relay.store.following import PATIENCE, Fixed, following_pool, plain_pool, usual
from relay.store.sentinels import Sentinels

__all__ = ["PATIENCE", "connect", "each_server", "server_of", "speaking_our_errors"]


def connect(url: str, *, patience: float | None = PATIENCE) -> Redis:
    """Give a client that connects on first use. It never sends a command again whose answer did not come.

    After a failover it finds the new master by itself: the command that meets the old one fails, the next one need not.
    """
    address = read_redis_url(url)
    if address.kind == "cluster":
        return Cluster(address, patience)
    options = {**usual(patience), **address.options}
    if url.startswith("unix://"):
        return Redis.from_pool(plain_pool(**options))
    guide = Sentinels(address) if address.kind == "sentinel" else Fixed()
    return Redis.from_pool(following_pool(guide, **options))


def each_server(redis: Redis) -> list[Redis]:
    """Give a client of every server that takes writes: of each master of a Cluster, otherwise of the one."""
    return redis.masters() if isinstance(redis, Cluster) else [redis]


def server_of(redis: Redis, key: str) -> str:
    """Name the server that has a key, so that what is known of it can be remembered."""
    return redis.server_of(key) if isinstance(redis, Cluster) else "redis"


@contextmanager
def speaking_our_errors() -> Iterator[None]:
    """Turn whatever the Redis client raises into StoreUnavailable; its text may hold an address, so it stays inside."""
    try:
        yield
    except (RedisError, OSError) as exc:
        raise StoreUnavailable from exc


def was_refused(error: StoreUnavailable) -> bool:
    """Tell whether Redis itself said no: it has done nothing, and to ask once more would change nothing."""
    return isinstance(error.__cause__, ResponseError)
