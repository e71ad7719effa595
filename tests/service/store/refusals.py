"""A Redis that refuses to write: every script is first run against it, and must leave nothing half-written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from relay.store import Store
from relay.store.scripts import Scripts
from tests.service.store.picture import Copy, Picture

Call = tuple[str, Sequence[Any]]
FULL, NO_REPLICA = "maxmemory", "min-replicas-to-write"  # each setting refuses writes from 1 on


class Refusing:
    """Runs each script twice: while Redis refuses, and then as usual. What it was refused must be as if never asked.

    `went_on` names the scripts that Redis let write all the same: those must have come to the same as usual.
    """

    def __init__(self, store: Store, setting: str) -> None:
        self._redis: Any = store.redis
        self._setting = setting
        self._answers = Scripts._answers  # whichever way a script is run, it comes through here
        self.refused: set[str] = set()
        self.went_on: set[str] = set()

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the way in which scripts are run."""
        refusing = self

        def answers(scripts: Scripts, name: str, calls: Sequence[Call]) -> list[Any]:
            return [refusing.run(partial(refusing._answers, scripts, name, [each]), name) for each in calls]

        monkeypatch.setattr(Scripts, "_answers", answers)

    def run(self, ask: Callable[[], list[Any]], name: str) -> Any:
        """Run a script while Redis refuses, look, and run it as usual."""
        copy, before = Copy(self._redis), Picture.of(self._redis)
        self._redis.config_set(self._setting, 1)
        try:
            (answer,) = ask()
        finally:
            self._redis.config_set(self._setting, 0)
        after = Picture.of(self._redis)
        if isinstance(answer, Exception):
            self.refused.add(name)
            assert before == after, f"{name} was refused, and wrote"
            return ask()[0]
        if before != after:
            self.went_on.add(name)
            copy.put_back()
            assert [answer] == ask()
            assert after.without(":clock") == Picture.of(self._redis).without(":clock")
        return answer
