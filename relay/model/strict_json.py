"""JSON without its loose ends: what this reads can be written again, and means the same to every other reader."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

DEEPEST = 64  # objects and arrays inside each other
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")  # may begin half a surrogate pair; worth a closer look
_TOO_DEEP = f"Objects and arrays stand inside each other more than {DEEPEST} deep."

Pairs = Callable[[list[tuple[str, Any]]], Any]


class LooseEnd(ValueError):
    """The text is JSON to Python, and not to everybody; the message is a sentence."""


def read(text: str, pairs: Pairs | None = None) -> Any:
    """Read one JSON value; `pairs` makes the objects, where it is given.

    Raises json.JSONDecodeError for what is no JSON, and LooseEnd for NaN and infinities, numbers beyond what can be
    held, half surrogate pairs, and nesting deeper than DEEPEST.
    """
    try:
        value = _decoder(pairs).decode(text)
    except RecursionError as exc:
        raise LooseEnd(_TOO_DEEP) from exc
    except (json.JSONDecodeError, LooseEnd):
        raise
    except ValueError as exc:  # Python's own limit on the digits of an integer
        raise LooseEnd("A number has more digits than the relay takes (4300).") from exc
    _check_depth(value)
    if _HALF_PAIR.search(text):
        _check_pairs(value)
    return value


@cache
def _decoder(pairs: Pairs | None) -> json.JSONDecoder:
    """Give the one decoder: making one costs more than a short line."""
    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=_constant, parse_float=_float)


def _constant(name: str) -> NoReturn:
    raise LooseEnd(f"{name} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise LooseEnd("A number is too large to be held.")
    return number


def _check_depth(value: Any) -> None:
    """Go down level by level: no recursion, whatever the value."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        level = [
            below
            for node in level
            for below in (node.values() if isinstance(node, dict) else node)
            if isinstance(below, (dict, list))
        ]
        if not level:
            return
    raise LooseEnd(_TOO_DEEP)


def _check_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise LooseEnd("A text holds half of a surrogate pair, which is no character.") from exc
