"""The Lua scripts: read once from their files, run by their digest, their errors made ours."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script

from relay.store.connection import speaking_our_errors

_FOLDER = "scripts"


class Scripts:
    """Every script in the folder, by its file's name."""

    def __init__(self, redis: Redis) -> None:
        folder = files("relay.store") / _FOLDER
        common = (folder / "common.lua").read_text(encoding="utf-8")
        self._redis = redis
        self._scripts: dict[str, Script] = {
            path.name.removesuffix(".lua"): redis.register_script(common + path.read_text(encoding="utf-8"))
            for path in folder.iterdir()
            if path.name.endswith(".lua") and path.name != "common.lua"
        }

    def run(self, name: str, key: str, args: Sequence[Any]) -> Any:
        """Run one script on its key; StoreUnavailable if Redis cannot."""
        with speaking_our_errors():
            return self._scripts[name](keys=[key], args=list(args))

    def run_many(self, name: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run one script on several keys in one round trip; StoreUnavailable if Redis cannot."""
        with speaking_our_errors():
            pipe = self._redis.pipeline(transaction=False)
            for key, args in calls:
                self._scripts[name](keys=[key], args=list(args), client=pipe)
            return list(pipe.execute())
