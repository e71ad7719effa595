"""What stands in place of a secret wherever it could be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

MASK: Final = "••••"


def masked(values: Mapping[str, Any], secret: Iterable[str]) -> dict[str, Any]:
    """Give the values with a mask over those that are secret."""
    hidden = frozenset(secret)
    return {name: MASK if name in hidden and value else value for name, value in values.items()}
