"""Commands that go together on a Redis Cluster whose slots move in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from redis.exceptions import MovedError, TryAgainError

from relay.redis_url import Place, read_redis_url
from relay.store.cluster import Cluster
from relay.store.routing import Command

OLD, NEW = ("127.0.0.1", 7000), ("127.0.0.1", 7001)
WRITE: Command = (("HSET", "{7}lane", "state", "sending"), {})
TICK: Command = (("SET", "{7}tick", 1), {})
WAIT: Command = (("WAIT", "1", 1200), {})


class MovingSlots:
    """A map that names the old master until the old master names the new one."""

    def master(self, _: int) -> Place:
        """Name the old one."""
        return OLD

    def moved(self, _error: MovedError, _place: Place) -> Place:
        """Name the new one."""
        return NEW


class Scripted(Cluster):
    """A Cluster of two that answers as a test has laid ready."""

    def __init__(self, old: Sequence[Any], new: Sequence[Any]) -> None:
        super().__init__(read_redis_url("redis+cluster://127.0.0.1:7000"), None)
        self.slots = cast(Any, MovingSlots())
        self.ready = {OLD: list(old), NEW: list(new)}

    def _ask(self, place: Place, commands: Sequence[Command]) -> list[Any]:
        return [self.ready[place].pop(0) for _ in commands]


def moved() -> MovedError:
    """Say that the slot is another's by now."""
    return MovedError("1 127.0.0.1:7001")


def test_a_promise_of_another_master_than_the_one_that_wrote_is_none() -> None:
    """The slot moved after the write: the new master waits for its own replicas, which tells nothing of the old one's."""
    redis = Scripted(old=[1, moved(), 0], new=["OK", 1])

    written, *promised = redis.send([WRITE, TICK, WAIT])

    assert (1, [TryAgainError] * 2) == (written, [type(each) for each in promised])


def test_a_promise_of_the_master_that_wrote_counts() -> None:
    """All three were sent on: nothing was written where they went first."""
    redis = Scripted(old=[moved(), moved(), 0], new=[1, "OK", 1])

    assert [1, "OK", 1] == redis.send([WRITE, TICK, WAIT])
