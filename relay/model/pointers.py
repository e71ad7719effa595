"""JSON pointers at what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.errors import FieldError


def escaped(name: str) -> str:
    """Give a name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def pointed(messages: Mapping[Any, Any] | list[Any], pointer: str = "#") -> Iterator[FieldError]:
    """Turn marshmallow's nested messages into one pointer and sentence each."""
    if isinstance(messages, list):
        yield from (FieldError(pointer, str(message)) for message in messages)
        return
    for name, below in messages.items():
        # A rule over several fields has no field of its own: it points at the object that holds them.
        yield from pointed(below, pointer if name == "_schema" else f"{pointer}/{escaped(str(name))}")
