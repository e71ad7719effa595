"""PATCH: what is given is laid over what stands, and null takes a name back to its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.web.masks import is_mask


def merge(standing: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a new document. Objects merge name by name; names that do not stand there are added as they are.

    A mask that comes back in place of a secret changes nothing: a document that was read can be sent again.
    """
    merged = dict(standing)
    for name, value in given.items():
        if name not in standing:
            merged[name] = value
        elif value is None:
            del merged[name]
        elif isinstance(value, dict) and isinstance(standing[name], Mapping):
            merged[name] = merge(standing[name], value)
        elif not is_mask(value):
            merged[name] = value
    return merged
