"""A Redis Cluster as one Redis: each command goes to the master that holds its key, once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redis import ConnectionPool, Redis
from redis.client import Pipeline
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - the client's own
    MovedError,
    RedisError,
    TimeoutError,  # noqa: A004 - the client's own
    TryAgainError,
)

from relay.redis_url import Place, RedisAddress
from relay.store.following import following_pool, plain_pool, usual
from relay.store.routing import ON_ALL, WAITS, Command, grouped, key_of, name_of
from relay.store.slots import SlotGuide, Slots, slot_of

REDIRECTS = 5  # times that one command is sent on by nodes that do not hold its key
SILENCE = (
    1.0  # seconds without an answer after which a node is left alone, so that others need not wait for it
)
REST = 1.0  # seconds for which it is


class Cluster(Redis):
    """Does what the store asks of a Redis, on a Cluster.

    What the client's own cluster client would send twice, after a connection that broke or an answer that did not come,
    this one does not: it says so to its caller. A node that answers "not mine" has done nothing, so that is followed.
    """

    def __init__(self, address: RedisAddress, patience: float | None) -> None:
        self._options: Mapping[str, Any] = {**usual(patience), **address.options}
        self._nodes: dict[Place, Redis] = {}
        self._silent_until: dict[Place, float] = {}  # by the monotonic clock
        self.slots = Slots(address)
        super().__init__(connection_pool=self._pool(address.places[0]))

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command where its key is."""
        if name_of(args) in ON_ALL:
            return [node.execute_command(*args, **options) for node in self.masters()]  # type: ignore[no-untyped-call]
        answer = self.send([(args, options)])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Collect commands: as a transaction they must be about keys of one slot, otherwise of any."""
        return _InOneSlot(self, shard_hint) if transaction else _Spread(self, shard_hint)

    def scan_iter(self, *args: Any, **options: Any) -> Iterator[Any]:
        """Go through the keys of every master."""
        for node in self.masters():
            yield from node.scan_iter(*args, **options)

    def masters(self) -> list[Redis]:
        """Give a client of each master."""
        return [self.node(place) for place in self.slots.masters()]

    def server_of(self, key: str) -> str:
        """Name the master that has a key."""
        host, port = self.slots.master(slot_of(key))
        return f"{host}:{port}"

    def node(self, place: Place) -> Redis:
        """Give a client of the node at a place."""
        if place not in self._nodes:
            self._nodes.setdefault(place, Redis.from_pool(self._pool(place)))
        return self._nodes[place]

    def on_slot_of(self, key: str) -> Redis:
        """Give a client like that of a single Redis, for keys of one slot: it follows the slot from master to master."""
        return Redis.from_pool(following_pool(SlotGuide(self.slots, slot_of(key)), **self._options))

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        super().close()
        for node in self._nodes.values():
            node.close()

    def send(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands, those of one master in one round trip, and give each answer or error.

        A command without a key goes with the one before it, over the same connection: WAIT waits for what was written
        there. Where its slot moved after the write before that, its promise would be another master's, and is none.
        """
        answers: list[Any] = [None] * len(commands)
        for place, groups in self._by_master(grouped(commands), answers).items():
            together = [commands[index] for group in groups for index in group]
            told = iter(self._ask(place, together))
            wrote: Place | None = None
            for group in groups:
                own, first = [commands[index] for index in group], [next(told) for _ in group]
                final, there = self._follow(place, own, first)
                if wrote not in {None, there} and name_of(own[-1][0]) in WAITS:
                    final = [TryAgainError("the slot moved after the write that is waited for")] * len(group)
                wrote = there
                for index, answer in zip(group, final, strict=True):
                    answers[index] = answer
        return answers

    def _by_master(
        self, groups: list[tuple[int, list[int]]], answers: list[Any]
    ) -> dict[Place, list[list[int]]]:
        found: dict[Place, list[list[int]]] = {}
        for slot, group in groups:
            try:
                found.setdefault(self.slots.master(slot), []).append(group)
            except RedisError as exc:
                for index in group:
                    answers[index] = exc
        return found

    def _follow(
        self, place: Place, commands: Sequence[Command], answers: list[Any]
    ) -> tuple[list[Any], Place]:
        """Go where a node sends us that does not hold the key: it did nothing. Tells who answered in the end."""
        for _ in range(REDIRECTS):
            error = answers[0]
            if isinstance(error, MovedError):
                place = self.slots.moved(error, place)
                answers = self._ask(place, commands)
            elif isinstance(error, AskError):
                asking: Command = (("ASKING",), {})
                place = (error.host or place[0], error.port)
                answers = self._ask(place, [asking, *commands])[1:]
            else:
                break
        if isinstance(answers[0], ClusterDownError):
            self.slots.doubt()
        return answers, place

    def _ask(self, place: Place, commands: Sequence[Command]) -> list[Any]:
        """Send commands to one node in one round trip; where it cannot be reached that is the answer to each."""
        began = time.monotonic()
        if began < self._silent_until.get(place, 0.0):
            return [ConnectionError("gave no answer a moment ago")] * len(commands)
        pipe = self.node(place).pipeline(transaction=False)
        for args, options in commands:
            pipe.execute_command(*args, **options)  # type: ignore[no-untyped-call]  # the client has no types here
        try:
            return pipe.execute(raise_on_error=False)
        except (ConnectionError, TimeoutError) as exc:
            now = time.monotonic()
            # One that refuses costs nobody time; and who had no time himself has learned nothing.
            if isinstance(exc, TimeoutError) and now - began > SILENCE:
                self._silent_until[place] = now + REST
            self.slots.doubt(place)
            return [exc] * len(commands)

    def _pool(self, place: Place) -> ConnectionPool:
        host, port = place
        return plain_pool(**{**self._options, "host": host, "port": port})


class _Spread(Pipeline):
    """Commands about any keys: each master's share is one round trip."""

    def __init__(self, cluster: Cluster, shard_hint: str | None) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, False, shard_hint)
        self._cluster = cluster

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was collected, and give the answers in its order; unless they are to be raised, errors among them."""
        commands, self.command_stack = self.command_stack, []
        answers = self._cluster.send(commands)
        errors = [each for each in answers if isinstance(each, Exception)]
        if raise_on_error and errors:
            raise errors[0]
        return answers


class _InOneSlot(Pipeline):
    """A transaction: its first key says which master it goes to. After an error nothing is followed or repeated."""

    def __init__(self, cluster: Cluster, shard_hint: str | None) -> None:
        super().__init__(cluster.connection_pool, cluster.response_callbacks, True, shard_hint)
        self._cluster = cluster
        self._place: Place | None = None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Collect a command, or run it at once while watching."""
        key = key_of(args)
        if self._place is None and key is not None:
            self._place = self._cluster.slots.master(slot_of(key))
            self.connection_pool = self._cluster.node(self._place).connection_pool
        with _Watchful(self._cluster, self._place):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Run what was collected."""
        with _Watchful(self._cluster, self._place):
            return super().execute(raise_on_error)


class _Watchful:
    """Has the map looked at anew after an error that says that it is wrong."""

    def __init__(self, cluster: Cluster, place: Place | None) -> None:
        self._cluster = cluster
        self._place = place

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Look at what went wrong."""
        if isinstance(error, ConnectionError | TimeoutError | AskError | ClusterDownError):
            self._cluster.slots.doubt(self._place)
