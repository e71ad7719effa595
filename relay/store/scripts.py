"""The Lua scripts: read once from their files, run by their digest, their errors made ours."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from relay.store.connection import speaking_our_errors
from relay.store.durability import Durability

_FOLDER = "scripts"


def sources() -> dict[str, str]:
    """Read every script in the folder, each with what all of them stand on."""
    folder = files("relay.store") / _FOLDER
    common = (folder / "common.lua").read_text(encoding="utf-8")
    return {
        path.name.removesuffix(".lua"): common + path.read_text(encoding="utf-8")
        for path in folder.iterdir()
        if path.name.endswith(".lua") and path.name != "common.lua"
    }


class _Script:
    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class Scripts:
    """Every script in the folder, by its file's name."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self.durability = durability or Durability(redis, "redis")
        self._scripts = {name: _Script(source) for name, source in sources().items()}

    def run(self, name: str, key: str, args: Sequence[Any]) -> Any:
        """Run one script on its key; StoreUnavailable if Redis cannot."""
        return self.run_many(name, [(key, args)])[0]

    def run_durably(self, name: str, key: str, args: Sequence[Any]) -> Any:
        """Run one script on its key and wait until what it did is kept as RELAY_DURABILITY says.

        Raises NotConfirmed, which has the answer, where that was not promised in time; StoreUnavailable if Redis cannot.
        """
        if not self.durability.waits:
            return self.run(name, key, args)
        script = self._scripts[name]
        answer, kept = self.durability.send(key, "EVALSHA", script.sha, *_named(key), *args)
        if isinstance(answer, NoScriptError):  # this server sees it for the first time, and keeps it
            answer, kept = self.durability.send(key, "EVAL", script.source, *_named(key), *args)
        return self.durability.confirm(answer, kept=kept)

    def run_many(self, name: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run one script on several keys in one round trip to each server; StoreUnavailable if Redis cannot."""
        with speaking_our_errors():
            answers = self._answers(name, calls)
            for each in answers:
                if isinstance(each, Exception):
                    raise each
        return answers

    def run_where_possible(self, name: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Run one script on several keys; None where the server is away. StoreUnavailable if all are."""
        with speaking_our_errors():
            answers = self._answers(name, calls)
            errors = [each for each in answers if isinstance(each, Exception)]
            if len(errors) == len(answers):
                raise errors[0]
        return [None if isinstance(each, Exception) else each for each in answers]

    def _answers(self, name: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        script = self._scripts[name]
        answers = self._send("EVALSHA", script.sha, calls)
        # A server that has not seen the script, such as a new master, did nothing: it gets the text, and keeps it.
        unseen = [index for index, each in enumerate(answers) if isinstance(each, NoScriptError)]
        if unseen:
            texts = self._send("EVAL", script.source, [calls[index] for index in unseen])
            for index, answer in zip(unseen, texts, strict=True):
                answers[index] = answer
        return answers

    def _send(self, command: str, script: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for key, args in calls:
            pipe.execute_command(command, script, *_named(key), *args)  # type: ignore[no-untyped-call]
        return list(pipe.execute(raise_on_error=False))


def _named(key: str) -> tuple[Any, ...]:
    """Give the keys that a script names, and their number before them: its own, and one of the same slot that never exists.

    The scripts touch keys that they do not name. While a slot of a Cluster moves key by key, such a script would break off
    in the middle; one that names a key which is not there is refused before it begins.
    """
    tag, brace, _ = key.partition("}")
    return (2, key, f"{tag}}}:never") if brace else (1, key)
