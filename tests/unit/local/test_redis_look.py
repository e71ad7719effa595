"""Looking at a Redis before it is used."""

from __future__ import annotations

import pytest

from local.errors import CannotStart
from local.redis_look import RELAY_KEYS, RedisLook
from relay.store import keys


@pytest.mark.parametrize(
    ("url", "where", "database"),
    [
        ("redis://user:hidden@redis.example:6380/3", "redis.example:6380", 3),
        ("rediss://:hidden@redis.example", "redis.example:6379", 0),
        ("unix://:hidden@/run/redis.sock?db=2", "/run/redis.sock", 2),
    ],
)
def test_a_redis_is_named_without_its_secrets(url: str, where: str, database: int) -> None:
    """Host and port, or the socket."""
    look = RedisLook(url)

    assert (where, database) == (look.where, look.database)
    assert "hidden" not in look.sentence()


def test_an_address_that_makes_no_sense_is_said() -> None:
    """Without quoting it: it may hold a password."""
    with pytest.raises(CannotStart, match=r"^REDIS_URL cannot be understood"):
        RedisLook("redis://:hidden@127.0.0.1:port/0")


@pytest.mark.parametrize(
    "url", ["redis+sentinel://:hidden@127.0.0.1/main", "rediss+cluster://:hidden@127.0.0.1"]
)
def test_more_than_one_redis_is_not_for_this_command(url: str) -> None:
    """And that is said, with what to do instead."""
    with pytest.raises(CannotStart, match=r"^REDIS_URL names Sentinels or a Cluster.*Procfile"):
        RedisLook(url)


def test_the_signs_of_a_relay_are_the_stores() -> None:
    """The house may not import the store, so the names are written down twice."""
    named = (keys.DESTINATIONS, keys.CREDENTIALS, keys.DELETED_DESTINATIONS, keys.WORKERS)

    assert named == RELAY_KEYS
