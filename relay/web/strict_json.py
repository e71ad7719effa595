"""JSON without its loose ends: what this reads means the same to every other reader of JSON."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from relay.errors import BadRequest

DEEPEST = 64  # objects and arrays inside each other
WHITE = " \t\r\n"  # what JSON calls white space, and no more
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")  # may begin half a surrogate pair; worth a closer look
_SHOWN_NAME = 60  # characters of a name in an error


def decode(raw: bytes) -> str:
    """Give the bytes as text; BadRequest unless they are UTF-8. A byte order mark is cut."""
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BadRequest(f"The body is not UTF-8: byte {exc.start + 1} fits no character.") from exc


def parse(text: str) -> Any:
    """Read one JSON value. Raises BadRequest with a sentence that says what is wrong, and where if that is known.

    Refused besides what is no JSON: a name twice in one object, NaN and infinities, numbers beyond what can be held,
    half surrogate pairs, and nesting deeper than DEEPEST.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise BadRequest(_broken(exc)) from exc
    except RecursionError as exc:
        raise BadRequest(_TOO_DEEP) from exc
    except ValueError as exc:  # Python's own limit on the digits of an integer
        raise BadRequest("A number has more digits than the relay takes (4300).") from exc
    _check_depth(value)
    if _HALF_PAIR.search(text):
        _check_pairs(value)
    return value


_TOO_DEEP = f"Objects and arrays stand inside each other more than {DEEPEST} deep."


def _broken(exc: json.JSONDecodeError) -> str:
    if exc.msg == "Extra data":
        return f"More follows the first JSON value, at line {exc.lineno}, column {exc.colno}."
    # Python's messages end in a colon where the place would follow.
    why = exc.msg.rstrip(": ").removesuffix(" at")
    return f"Not JSON at line {exc.lineno}, column {exc.colno}: {why[:1].lower()}{why[1:]}."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        shown = twice[:_SHOWN_NAME].encode("utf-8", "replace").decode()
        raise BadRequest(f"The name “{shown}” stands more than once in one object.")
    return found


def _constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadRequest("A number is too large to be held.")
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
    raise BadRequest(_TOO_DEEP)


def _check_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise BadRequest("A text holds half of a surrogate pair, which is no character.") from exc


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
