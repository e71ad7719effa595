"""Which master of a Redis Cluster holds which slot: asked of any node that answers, and put right by what nodes say."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from redis import Redis
from redis.crc import key_slot
from redis.exceptions import ConnectionError, MovedError, RedisError  # noqa: A004 - the client's own

from relay.redis_url import Place, RedisAddress
from relay.store.excuses import why
from relay.store.following import plain_pool, usual

SLOTS = 16384
ASK = 0.4  # seconds that one node has to tell of all slots
SEARCH = 0.4  # seconds after which no further one is asked, where an older map can be used
FIRST_SEARCH = 1.2  # seconds after which it is given up where there is none
EVERY = 0.25  # seconds between two looks at a map that is in doubt
log = structlog.get_logger()


def slot_of(key: bytes | str) -> int:
    """Give a key's slot: that of its hash tag, if it has one."""
    return key_slot(key.encode() if isinstance(key, str) else key)


class Slots:
    """The map of a Cluster, shared by the threads of a process."""

    def __init__(self, address: RedisAddress) -> None:
        self._options = address.options
        self._places = list(address.places)  # those that gave no answer stand last
        self._masters: list[Place | None] = []
        self._in_doubt = True
        self._looked_at = float("-inf")
        self._lock = threading.Lock()
        self._because: Exception | None = None  # why the last node that was asked gave no answer
        self._found = True  # so that the first silence is told

    def master(self, slot: int) -> Place:
        """Say which master holds a slot. Raises ConnectionError if nobody can tell, or if none does."""
        if self._in_doubt:
            self._look()
        place = self._masters[slot] if self._masters else None
        if place is None:
            self._in_doubt = True
            raise ConnectionError(f"no master holds slot {slot}") from self._because
        return place

    def masters(self) -> list[Place]:
        """Give every master."""
        self.master(0)
        return sorted({place for place in self._masters if place is not None})

    def moved(self, error: MovedError, by: Place) -> Place:
        """Take over what a node said of a slot that is not its own any more."""
        place = (error.host or by[0], error.port)
        if self._masters:
            self._masters[error.slot_id] = place
        self._in_doubt = True  # others will have moved with it
        return place

    def doubt(self, place: Place | None = None) -> None:
        """Take note that a master gave no answer, or that the Cluster is down: look anew before the next command."""
        if place in self._places:
            self._put_last(place)
        self._in_doubt = True

    def _look(self) -> None:
        """Read the map anew, unless somebody does or has just done that."""
        # Who has a map can go on with it; who has none waits for it.
        if not self._lock.acquire(timeout=0 if self._masters else FIRST_SEARCH):
            return
        try:
            if not self._masters or time.monotonic() - self._looked_at > EVERY:
                self._search(time.monotonic() + (SEARCH if self._masters else FIRST_SEARCH))
                self._looked_at = time.monotonic()
        finally:
            self._lock.release()

    def _search(self, give_up_at: float) -> None:
        for place in self._places:
            told = self._ask(place)
            if told:
                self._take_over(told, place)
                return
            self._put_last(place)
            if time.monotonic() > give_up_at:
                break
        self._tell(found=False)

    def _put_last(self, place: Place | None) -> None:
        # A new list each time: whoever goes through the old one is not disturbed.
        self._places = [*(each for each in self._places if each != place), *([place] if place else [])]

    def _take_over(self, told: Iterable[Any], by: Place) -> None:
        masters: list[Place | None] = [None] * SLOTS
        places: list[Place] = []
        for first, last, *nodes in told:
            for node in nodes:
                # A node that knows no name for itself or another means the one that it was asked by.
                place = (_text(node[0]) or by[0], int(node[1]))
                if place not in places:
                    places.append(place)
            masters[first : last + 1] = [(_text(nodes[0][0]) or by[0], int(nodes[0][1]))] * (last + 1 - first)
        known = [place for place in self._places if place in places]
        seeds = [place for place in self._places if place not in places]
        self._places = [*known, *(place for place in places if place not in known), *seeds]
        self._masters = masters
        self._in_doubt = None in masters
        self._tell(found=True)

    def _ask(self, place: Place) -> list[Any] | None:
        with _asker(place, self._options) as client:
            try:
                told: list[Any] = client.execute_command("CLUSTER SLOTS")
            except (RedisError, OSError) as exc:
                self._because = exc
                return None
        self._because = None
        return told

    def _tell(self, *, found: bool) -> None:
        if found != self._found:
            because = {"because": why(self._because)} if self._because and not found else {}
            log.warning("redis.cluster_found" if found else "redis.cluster_not_found", **because)
        self._found = found


class SlotGuide:
    """The guide to the master of one slot."""

    def __init__(self, slots: Slots, slot: int) -> None:
        self.changes = 0
        self._slots = slots
        self._slot = slot
        self._known: Place | None = None

    def find(self) -> Place:
        """Say where the slot is now: looked up anew, since nobody connects where all is well. Raises ConnectionError."""
        self._slots.doubt()
        place = self._slots.master(self._slot)
        if self._known not in {None, place}:
            self.changes += 1
        self._known = place
        return place

    def doubt(self) -> None:
        """Take note that the slot is somewhere else."""
        self.changes += 1
        self._slots.doubt()


def _asker(place: Place, options: Mapping[str, Any]) -> Redis:
    host, port = place
    bounds = {"socket_timeout": ASK, "socket_connect_timeout": ASK, "max_connections": 1}
    return Redis.from_pool(plain_pool(**{**usual(ASK), **options, **bounds, "host": host, "port": port}))


def _text(raw: bytes | str | None) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw or ""
