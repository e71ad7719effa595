"""PATCH: what is given is laid over what stands, and null takes a name back to its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.web.masks import Kept, is_mask


def merge(standing: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a new document. Objects merge name by name; names that do not stand there are added as they are.

    A document that was read can be sent again and changes nothing: a mask stands for the secret in its place, and null
    for null.
    """
    merged = dict(standing)
    for name, value in given.items():
        if name not in standing:
            merged[name] = value
        elif value is None and standing[name] is not None:
            del merged[name]
        elif isinstance(value, dict) and isinstance(standing[name], Mapping):
            merged[name] = merge(standing[name], value)
        elif not (is_mask(value) and _may_hide(standing[name])):
            merged[name] = value
    return merged


def _may_hide(stands: Any) -> bool:
    """Tell whether a mask can have stood for this: a secret, or one that is gone since. Other texts are as they are."""
    return stands is None or isinstance(stands, Kept)
