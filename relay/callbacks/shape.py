"""Reshaping what a callback says, so that a CRM's own API can take it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.callbacks.payload import encode
from relay.shaping.expressions import BadExpression, ExpressionFailed, compiled


class CannotShape(Exception):
    """The destination's `callback.body` gives nothing for this payload; the text says why, and holds no data."""


def written(payload: Mapping[str, Any], expression: str) -> bytes:
    """Give the bytes that are signed and sent: the payload, or what the expression makes of it where there is one.

    Raises CannotShape.
    """
    return encode(shaped(payload, expression))


def shaped(payload: Mapping[str, Any], expression: str) -> Any:
    """Give the JSON value that is sent: the payload, or what the expression makes of it. Raises CannotShape."""
    if not expression:
        return payload
    try:
        return compiled(expression).search(payload)
    except (BadExpression, ExpressionFailed) as exc:
        raise CannotShape(f"The destination's callback.body {exc}.") from exc
