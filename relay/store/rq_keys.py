"""Where RQ keeps its keys: on a Redis Cluster all in one slot, because it works on several of them at a time."""

from __future__ import annotations

import os
from importlib import import_module

from redis import Redis

from relay.store.cluster import Cluster

PREFIX = "{rq}"  # RQ's own "rq", made a hash tag


def for_rq(redis: Redis) -> Redis:
    """Give the client that RQ is to use, before RQ is imported: it reads the beginning of its keys from the environment then.

    On a Cluster that is a client of the one slot that RQ's keys are in, wherever that is served; otherwise `redis`.
    """
    if not isinstance(redis, Cluster):
        return redis
    os.environ.setdefault("RQ_KEY_PREFIX", PREFIX)
    prefix: str = import_module("rq.defaults").RQ_KEY_PREFIX
    if "{" not in prefix:
        raise RuntimeError(
            "On a Redis Cluster RQ_KEY_PREFIX must hold a hash tag, such as {rq}, or be left out."
        )
    return redis.on_slot_of(f"{prefix}:")
