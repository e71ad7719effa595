"""Everything that a Redis holds, read in one step, so that it can be looked at, compared and put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.store import keys
from relay.store.keys import Lane

_READ = """
local read = { hash = { 'HGETALL' }, zset = { 'ZRANGE', 0, -1, 'WITHSCORES' }, set = { 'SMEMBERS' }, string = { 'GET' } }
local found = {}
for _, key in ipairs(redis.call('KEYS', 'relay:*')) do
  local how = read[redis.call('TYPE', key).ok]
  if how then
    found[#found + 1] = { key, redis.call('TYPE', key).ok, redis.call(how[1], key, unpack(how, 2)),
      redis.call('TTL', key) }
  end
end
return cjson.encode(found) -- one text is read much faster than its thousand parts
"""
_COPY = """
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  found[#found + 1] = { key, redis.call('DUMP', key), redis.call('PTTL', key) }
end
return found
"""
Hash = dict[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """What every key holds, and which of them expire."""

    held: Mapping[str, Any]
    expiring: frozenset[str]

    @classmethod
    def of(cls, redis: Redis) -> Picture:
        """Look at all that the relay wrote."""
        held: dict[str, Any] = {}
        expiring = set()
        for key, kind, value, ttl in json.loads(redis.register_script(_READ)()):
            held[key] = _READERS[kind](value)
            if ttl >= 0:
                expiring.add(key)
        return cls(held, frozenset(expiring))

    def without(self, *endings: str) -> Picture:
        """Leave out keys whose names end so."""
        held = {key: value for key, value in self.held.items() if not key.endswith(endings)}
        return Picture(held, self.expiring & held.keys())

    def hash(self, key: str) -> Hash:
        """Give a hash; an empty one where there is none."""
        found: Hash = self.held.get(key, {})
        return found

    def scores(self, key: str) -> dict[str, int]:
        """Give a sorted set; an empty one where there is none."""
        found: dict[str, int] = self.held.get(key, {})
        return found

    def item(self, kind: str, identifier: str) -> Hash:
        """Give a delivery or a callback."""
        return self.hash(keys.callback(identifier) if kind == "callback" else keys.delivery(identifier))

    def due(self, lane: Lane) -> dict[str, int]:
        """Give what waits in a lane, and until when."""
        return self.scores(keys.due(lane))

    def flight(self, lane: Lane) -> dict[str, int]:
        """Give what is in flight in a lane."""
        return self.scores(keys.flight(lane))

    def lane(self, lane: Lane) -> Hash:
        """Give a lane's hash."""
        return self.hash(keys.lane_of(lane))


class Copy:
    """All keys of a Redis as they are stored, the test's own among them."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._stored = self._redis.register_script(_COPY)()

    def put_back(self) -> None:
        """Make everything what it was."""
        pipe = self._redis.pipeline()
        pipe.flushdb()
        for key, stored, ttl in self._stored:
            pipe.restore(key, max(0, ttl), stored)
        pipe.execute()


def _paired(texts: list[str]) -> dict[str, str]:
    return dict(zip(texts[::2], texts[1::2], strict=True))


_READERS: dict[str, Any] = {
    "hash": _paired,
    "zset": lambda texts: {name: int(float(score)) for name, score in _paired(texts).items()},
    "set": set,
    "string": str,
}
