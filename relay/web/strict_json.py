"""What people send as JSON, read strictly, and refused with a sentence."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from relay.errors import BadRequest
from relay.model.strict_json import LooseEnd, read

WHITE = " \t\r\n"  # what JSON calls white space, and no more
_SHOWN_NAME = 60  # characters of a name in an error


def decode(raw: bytes) -> str:
    """Give the bytes as text; BadRequest unless they are UTF-8. A byte order mark is cut."""
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BadRequest(f"The body is not UTF-8: byte {exc.start + 1} fits no character.") from exc


def parse(text: str) -> Any:
    """Read one JSON value. Raises BadRequest with a sentence that says what is wrong, and where if that is known.

    Besides what is no JSON, and the loose ends that `read` refuses, a name may not stand twice in one object.
    """
    try:
        return read(text, _object)
    except json.JSONDecodeError as exc:
        raise BadRequest(_broken(exc)) from exc
    except LooseEnd as exc:
        raise BadRequest(str(exc)) from exc


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
        raise LooseEnd(f"The name “{shown}” stands more than once in one object.")
    return found
