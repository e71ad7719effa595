"""What stands in place of a secret wherever it could be seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

MASK: Final = "••••"


def masked(values: Mapping[str, Any], secret: Iterable[str]) -> dict[str, Any]:
    """Give the values with a mask over those that are secret."""
    hidden = frozenset(secret)
    return {name: MASK if name in hidden and value else value for name, value in values.items()}


def hidden(value: Any, secrets: Collection[str]) -> Any:
    """Give a JSON value with a mask over each text in it that is one of these secrets, wherever it stands."""
    if isinstance(value, str):
        return MASK if value in secrets else value
    if isinstance(value, list):
        return [hidden(each, secrets) for each in value]
    if isinstance(value, dict):
        return {name: hidden(each, secrets) for name, each in value.items()}
    return value
