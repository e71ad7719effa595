"""Masters that change: connections are made anew, to whoever is the master now, and nobody waits long for that."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, RedisError  # noqa: A004 - the client's own

from local.ports import LOOPBACK
from local.valkey import EmbeddedValkey
from relay.redis_url import Place
from relay.store.connection import connect
from relay.store.following import following_pool, usual

MANY = 40  # servers; to wait for each of them in its turn would take half a minute
LONG = 8.0  # seconds; two are promised for an inbound request, and not more than one and a half taken


class Pointing:
    """A guide that says what it is told to say."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.changes = 0
        self.doubts = 0

    def find(self) -> Place:
        """Say where the master is."""
        return self.place

    def doubt(self) -> None:
        """Count it, and let connections be made anew."""
        self.doubts += 1
        self.changes += 1


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A server that may be demoted."""
    directory: Path = tmp_path_factory.mktemp("valkey")
    with EmbeddedValkey(directory, fsync="no") as server:
        yield server


@pytest.fixture
def master(own_valkey: EmbeddedValkey) -> Iterator[Any]:
    """A client to demote and promote that server with; in the end it is a master."""
    with Redis.from_url(own_valkey.url) as client:
        yield client
        client.replicaof("no", "one")


@pytest.fixture
def silent() -> Iterator[list[int]]:
    """Ports that take connections and never answer."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(MANY)]
        yield [each.getsockname()[1] for each in listeners]


def test_a_master_that_takes_no_writes_any_more_is_left(own_valkey: EmbeddedValkey, master: Any) -> None:
    """The address may stand for another machine by now: the next command goes over a new connection."""
    with connect(own_valkey.url) as redis:
        redis.set("name", 1)
        before = redis.client_id()
        master.replicaof(LOOPBACK, 1)
        with pytest.raises(ConnectionError):
            redis.set("name", 2)
        master.replicaof("no", "one")

        assert redis.set("name", 3)
        assert before != redis.client_id()


def test_a_replica_is_not_taken_for_the_master(own_valkey: EmbeddedValkey, master: Any) -> None:
    """Not even for reading: what it has may be old."""
    guide = Pointing((LOOPBACK, own_valkey.port))
    master.replicaof(LOOPBACK, 1)
    with Redis.from_pool(following_pool(guide, **usual(1.5), password=own_valkey.password)) as redis:
        with pytest.raises(ConnectionError):
            redis.get("name")
        master.replicaof("no", "one")

        assert redis.ping()
        assert guide.doubts


def test_connections_to_an_earlier_master_are_not_used(own_valkey: EmbeddedValkey) -> None:
    """Once anybody has found out that it is another one now."""
    guide = Pointing((LOOPBACK, own_valkey.port))
    with Redis.from_pool(following_pool(guide, **usual(1.5), password=own_valkey.password)) as redis:
        ids = [redis.client_id(), redis.client_id()]
        guide.changes += 1
        ids.append(redis.client_id())

    assert ids[0] == ids[1]
    assert ids[1] != ids[2]


@pytest.mark.parametrize("form", ["redis+sentinel://{}/service", "redis+cluster://{}"])
def test_nobody_waits_long_for_servers_that_are_silent(silent: list[int], form: str) -> None:
    """However many of them are asked for the master."""
    url = form.format(",".join(f"{LOOPBACK}:{port}" for port in silent))
    began = time.monotonic()
    with connect(url) as redis, pytest.raises(RedisError):
        redis.get("name")

    assert time.monotonic() - began < LONG
