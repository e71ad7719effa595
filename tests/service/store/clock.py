"""Redis's clock as the scripts see it, moved by hand: a key of the test stands where they ask Redis for the time."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from redis import Redis

from relay.store.scripts import sources

KEY = "tests:clock"
_ASKED, _ANSWERED = "redis.call('TIME')", f"redis.call('LRANGE', '{KEY}', 0, 1)"
BEGINNING = 1_800_000_000_000  # ms since 1970


def by_hand() -> dict[str, str]:
    """Give the scripts as they are, but that the test says what time it is."""
    return {name: _moved(source) for name, source in sources().items()}


def _moved(source: str) -> str:
    assert 1 == source.count(_ASKED)
    return source.replace(_ASKED, _ANSWERED)


class Clock:
    """The clock of one Redis. It stands still but for what the test does to it."""

    def __init__(self, redis: Redis) -> None:
        self.redis: Any = redis  # its answers have no exact types
        common = (files("relay.store") / "scripts" / "common.lua").read_text(encoding="utf-8")
        self._shown = self.redis.register_script(_moved(common) + "return now_ms()")
        self.begin()

    def begin(self) -> None:
        """Set it to where every test begins, also after the database was emptied."""
        self.set(BEGINNING)

    def set(self, moment: int) -> None:
        """Set it, in milliseconds since 1970."""
        self.moment = moment
        self._now: dict[str, int] = {}  # by tag; while the clock stands still, so does what they take it for
        with self.redis.pipeline() as pipe:
            pipe.delete(KEY)
            pipe.rpush(KEY, moment // 1000, moment % 1000 * 1000)
            pipe.execute()

    def move(self, seconds: float) -> None:
        """Let time pass, or set it back."""
        self.set(self.moment + round(seconds * 1000))

    def shown(self, tag: str = "7") -> int:
        """Give what the scripts take for the time, in milliseconds."""
        if tag not in self._now:
            self._now[tag] = int(self._shown(keys=[f"relay:{{{tag}}}:any"]))
        return self._now[tag]
