"""Dotted paths to attributes of a record, such as `contact.email`, and records without some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str, ...]

LONGEST_PATH = 500  # characters
MOST_SEGMENTS = 32

_SEGMENT = re.compile(r'"([^"]+)"|([^".]+)')
_PATH = re.compile(rf"(?:{_SEGMENT.pattern})(?:\.(?:{_SEGMENT.pattern}))*")

# Names to what lies below them; nothing below: the attribute itself goes.
_Cuts = dict[str, "_Cuts"]


def parse_path(text: str) -> Path:
    """Give the names along a path; one in double quotes may hold dots. ValueError says what would be right."""
    text = text.strip()
    if not text:
        raise ValueError("should not be empty")
    if len(text) > LONGEST_PATH:
        raise ValueError(f"should be at most {LONGEST_PATH} characters long")
    names = tuple(quoted or plain.strip() for quoted, plain in _SEGMENT.findall(text))
    if not _PATH.fullmatch(text) or not all(names):
        raise ValueError(
            'should be names with dots between: contact.email; a name with a dot is quoted: "a.b".c'
        )
    if len(names) > MOST_SEGMENTS:
        raise ValueError(f"should be at most {MOST_SEGMENTS} names deep")
    return names


def without(record: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Give the record without the attributes at these paths; each element of a list on the way is treated.

    The record is never changed, and what no path leads to is shared with it. A path that leads nowhere is ignored.
    """
    result = dict(record)
    waiting: list[tuple[Any, _Cuts]] = [(result, _cuts(paths))]
    while waiting:  # no recursion, whatever the record
        waiting += _cut(*waiting.pop())
    return result


def _cuts(paths: Iterable[Path]) -> _Cuts:
    """Lay paths over each other, so that a record is walked once; a shorter path takes a longer one with it."""
    cuts: _Cuts = {}
    for path in sorted(set(paths), key=len, reverse=True):
        node = cuts
        for name in path[:-1]:
            node = node.setdefault(name, {})
        node[path[-1]] = {}
    return cuts


def _cut(node: Any, cuts: _Cuts) -> list[tuple[Any, _Cuts]]:
    """Cut directly in a copy that is ours; give the copies that were made of what lies below, with their own cuts."""
    if isinstance(node, list):
        return [copied for place in range(len(node)) for copied in _copied(node, place, cuts)]
    for name in [name for name, below in cuts.items() if not below]:
        node.pop(name, None)
    return [copied for name, below in cuts.items() if name in node for copied in _copied(node, name, below)]


def _copied(node: Any, place: Any, cuts: _Cuts) -> list[tuple[Any, _Cuts]]:
    """Put a copy in the place of what stands there, and give it with its cuts; nothing where no cut can fall."""
    part = node[place]
    if not isinstance(part, list) and not (isinstance(part, dict) and not cuts.keys().isdisjoint(part)):
        return []
    node[place] = part.copy()
    return [(node[place], cuts)]
