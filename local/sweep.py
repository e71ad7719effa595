"""Takes what a demo left in a Redis out of it again, so that the Redis is as empty as it was."""

from __future__ import annotations

from contextlib import suppress

import redis
from redis.exceptions import RedisError

from local.redis_look import PATIENCE

# While one of these is there, somebody else has begun to use the same database, and nothing is taken.
SIGNS_OF_LIFE = ("relay:destinations", "relay:credentials", "relay:workers", "rq:workers")
LEFT_OVERS = ("relay:*", "rq:*")
AT_ONCE = 500  # keys a command


def sweep(url: str) -> None:
    """Remove what the relay and RQ keep, once no relay and no worker is left; give up in silence if Redis does."""
    with (
        redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client,
        suppress(RedisError, OSError),
    ):
        if client.exists(*SIGNS_OF_LIFE):
            return
        for pattern in LEFT_OVERS:
            for key in client.scan_iter(match=pattern, count=AT_ONCE):
                client.delete(key)
