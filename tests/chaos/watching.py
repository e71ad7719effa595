"""Watching lanes from inside Redis: how long one that is due has nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis

from relay.store import keys
from tests.chaos.history import Wait

EVERY = 0.5  # seconds
SCRIPTS = Path(keys.__file__).with_name("scripts")
# What a lane looks like: whether it is due and not paused, and what changes as soon as somebody serves it.
LOOK = """
local lane = lane_keys(ARGV[1], ARGV[2])
local now, due = now_ms(), next_due(lane)
local at = due and math.max(due, number_in(lane.hash, 'not_before'))
local first = redis.call('ZRANGE', lane.due, 0, 0)[1] or ''
local flying = table.concat(redis.call('ZRANGE', lane.flight, 0, -1, 'WITHSCORES'), ' ')
local waiting = redis.call('ZCARD', lane.due) + redis.call('ZCARD', lane.flight)
return { at and at <= now and may_run(ARGV[1], ARGV[2]) and 1 or 0, first .. ' ' .. flying, waiting }
"""


@dataclass(slots=True)
class Sight:
    """A lane as it was seen last: what it looked like, and since when it has looked like that."""

    looks: str
    since: float


class Watcher(threading.Thread):
    """Looks at every lane twice a second, on a connection that nobody disturbs, until it is told to stop."""

    def __init__(self, url: str, lanes: list[str], peace_since: Callable[[], float]) -> None:
        super().__init__(name="watcher", daemon=True)
        self.worst: dict[str, Wait] = {}
        self._lanes = [keys.Lane(kind, name) for name in lanes for kind in ("delivery", "callback")]
        self._peace_since = peace_since
        self._client = redis.Redis.from_url(url, socket_timeout=5, decode_responses=True)
        self._script = (SCRIPTS / "common.lua").read_text(encoding="utf-8") + LOOK
        self._seen: dict[str, Sight] = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look until told to stop; while Redis is away there is nothing to see."""
        while not self._stopped.wait(EVERY):
            try:
                for lane in self._lanes:
                    self._look(lane)
            except redis.RedisError:
                continue

    def stop(self) -> list[Wait]:
        """Look no more, and give the longest wait of each lane."""
        self._stopped.set()
        self.join()
        self._client.close()
        return list(self.worst.values())

    def waiting(self) -> dict[str, int]:
        """Count what waits or is on its way in each lane that is not at rest; a Redis that is away raises RedisError."""
        counts = {lane.name: int(self._ask(lane)[2]) for lane in self._lanes}
        return {name: count for name, count in counts.items() if count}

    def _ask(self, lane: keys.Lane) -> list[str]:
        # A script of our own in front of which stands what the relay's scripts stand on.
        answer: list[str] = self._client.eval(self._script, 1, keys.lane_of(lane), lane.prefix, lane.name)
        return answer

    def _look(self, lane: keys.Lane) -> None:
        due, looks, _ = self._ask(lane)
        now, before = time.monotonic(), self._seen.get(lane.name)
        if not int(due) or before is None or before.looks != looks:
            self._seen[lane.name] = Sight(looks, now)
            return
        wait = Wait(lane.name, now - before.since, now - max(before.since, self._peace_since()))
        worst = self.worst.get(lane.name, wait)
        self.worst[lane.name] = Wait(
            lane.name, max(wait.seconds, worst.seconds), max(wait.in_peace, worst.in_peace)
        )
