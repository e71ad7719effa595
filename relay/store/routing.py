"""Where a command goes on a Redis Cluster: to the slot of its key, and a command without one with that before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relay.store.slots import slot_of

HOME = 0  # the slot whose master answers what has no key, such as the time: the same one for every process
WAITS = frozenset(("WAIT", "WAITAOF"))
KEYLESS = frozenset(
    ("ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "ECHO", "INFO", "MEMORY", "PING", "ROLE")
) | {"SCRIPT", "TIME", *WAITS}
SCRIPTED = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO"))
ON_ALL = frozenset(("FLUSHALL", "FLUSHDB"))
Command = tuple[tuple[Any, ...], dict[str, Any]]


def key_of(args: Sequence[Any]) -> bytes | str | None:
    """Give the key that decides where a command goes; None for a command without one."""
    name = name_of(args)
    if name in SCRIPTED:
        key: bytes | str | None = args[3] if int(args[2]) else None
        return key
    return None if name in KEYLESS or len(args) < 2 else args[1]


def grouped(commands: Sequence[Command]) -> list[tuple[int, list[int]]]:
    """Give the slot of each command with a key, and the places of it and of those without one that follow."""
    groups: list[tuple[int, list[int]]] = []
    for index, (args, _) in enumerate(commands):
        key = key_of(args)
        if key is None and groups:
            groups[-1][1].append(index)
        else:
            groups.append((HOME if key is None else slot_of(key), [index]))
    return groups


def name_of(args: Sequence[Any]) -> str:
    """Give the first word of a command."""
    return str(args[0]).partition(" ")[0].upper()
