"""How two documents differ: as the PATCH that makes one of the other, and as lines for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from relay.cli.placeholders import Filled
from relay.cli.plain_text import plain
from relay.cli.shapes import MASK, Document, Kind, Path, is_mask, is_secret, same, usual_at

NOTHING = "nothing"


def patch(stands: Mapping[str, Any], wanted: Mapping[str, Any]) -> Document:
    """Give what to lay over `stands` to make it `wanted`: null takes a name out, objects are laid over name by name."""
    changes: Document = {name: None for name in stands if name not in wanted}
    for name, value in wanted.items():
        before = stands.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            if below := patch(before, value):
                changes[name] = below
        elif name not in stands or not same(before, value):
            changes[name] = value
    return changes


def changed_lines(kind: Kind, stands: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Give a line for each setting that differs: what it is and what it becomes, secrets masked."""
    before, after = dict(_leaves(stands)), dict(_leaves(wanted))
    for path in dict.fromkeys([*before, *after]):
        old = before.get(path, usual_at(kind, path))
        new = after.get(path, usual_at(kind, path))
        if not same(old, new) and not _is_spelled_out(path, before, after):
            hidden = is_secret(kind, path) or _is_filled(new)
            yield f"{'.'.join(map(plain, path))}: {_shown(old, hidden=hidden)} → {_shown(new, hidden=hidden)}"


def new_lines(kind: Kind, wanted: Mapping[str, Any]) -> Iterator[str]:
    """Give a line for each setting of a document that is new, secrets masked."""
    for path, value in _leaves(wanted):
        yield f"{'.'.join(map(plain, path))}: {_shown(value, hidden=is_secret(kind, path))}"


def _leaves(value: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, each in value.items():
        if isinstance(each, dict) and each:
            yield from _leaves(each, (*path, name))
        else:
            yield (*path, name), each


def _is_spelled_out(path: Path, before: Mapping[Path, Any], after: Mapping[Path, Any]) -> bool:
    # `batch: {}` on one side and batch.size on the other: the lines below it tell.
    return any(len(other) > len(path) and other[: len(path)] == path for other in [*before, *after])


def _shown(value: Any, *, hidden: bool) -> str:
    """Give a value as a line shows it. One that came from the environment is shown as the file writes it."""
    if value is None:
        return NOTHING
    if isinstance(value, Filled):
        return plain(value.written)
    if hidden and not _is_filled(value):
        return plain(value) if is_mask(value) else MASK
    return plain(json.dumps(_as_written(value), ensure_ascii=False))


def _is_filled(value: Any) -> bool:
    """Tell whether a value, or one anywhere in it, came from the environment."""
    if isinstance(value, list | dict):
        return any(map(_is_filled, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Filled)


def _as_written(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_written(each) for each in value]
    if isinstance(value, dict):
        return {name: _as_written(each) for name, each in value.items()}
    return value.written if isinstance(value, Filled) else value
