"""From bytes to records: one object, an array, or NDJSON, told apart by the first byte and never by a header."""

from __future__ import annotations

import json
import re
from typing import Any

from relay.errors import BadRequest, FieldError, Invalid, TooLarge
from relay.shaping.expressions import ExpressionFailed, compiled
from relay.web.strict_json import WHITE, decode, parse

_FORM = re.compile(r"[A-Za-z0-9_.%+\[\]-]{1,200}=[^\s=]*(&|$)")
TAKEN = "a JSON object, an array of objects, or objects one a line (NDJSON)"


def read_records(raw: bytes, most: int, expression: str = "", *, partial: bool = False) -> list[Any]:
    """Give the records in a body, in order; an `expression` says where they are, if the body is not them.

    Raises BadRequest for what is no JSON or holds no record, Invalid for items that are no objects (unless good ones
    are to be taken without them), and TooLarge for more than `most` records.
    """
    return records_in(_read(raw, most), most, expression, partial=partial)


def records_in(value: Any, most: int, expression: str = "", *, partial: bool = False) -> list[Any]:
    """Give the records in a body that was read: itself, the items of an array, or what the expression finds.

    Raises as `read_records` does.
    """
    values = _extracted(value, expression) if expression else value if isinstance(value, list) else [value]
    if not values and not expression:
        raise BadRequest("The array is empty: there is nothing to accept.")
    _check_count(len(values), most)
    if not partial:
        _check_objects(values)
    return values


def _read(raw: bytes, most: int) -> Any:
    """Give the one value that the body is; the lines of NDJSON are an array."""
    text = decode(raw).strip(WHITE)
    if not text:
        raise BadRequest(f"The body is empty; it should be {TAKEN}.")
    if text[0] not in "{[":
        raise BadRequest(f"The body should be {TAKEN}; this one {_looks_like(text)}.")
    return parse(text) if text[0] == "[" else _objects(text, most)


def _extracted(value: Any, expression: str) -> list[Any]:
    """Give what the destination's expression finds: an array, one object, or nothing."""
    try:
        found = compiled(expression).search(value)
    except ExpressionFailed as exc:
        detail = f"The records cannot be found: the destination's inbound.records {exc}."
        raise Invalid(detail, errors=(FieldError("#", f"cannot be read: inbound.records {exc}"),)) from exc
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _looks_like(text: str) -> str:
    if text[0] == "<":
        return "looks like XML"
    if _FORM.match(text):
        return "looks like a form: send it as JSON"
    return "begins as neither"


def _objects(text: str, most: int) -> Any:
    """Read one object over any number of lines, or NDJSON: then each line is a value in itself, and they are a list."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip(WHITE)]
    if len(lines) == 1 or not _is_complete(lines[0][1]):
        return parse(text)
    _check_count(len(lines), most)
    return [_parse_line(number, line) for number, line in lines]


def _is_complete(line: str) -> bool:
    """Tell whether a line ends what it begins; whether it is also right is for `parse` to say."""
    try:
        json.loads(line)
    except json.JSONDecodeError:
        return False
    except (ValueError, RecursionError):
        return True
    return True


def _parse_line(number: int, line: str) -> Any:
    try:
        return parse(line)
    except BadRequest as exc:
        detail = exc.detail.replace("at line 1, column", "at column")  # the line in a line of one
        raise BadRequest(f"Line {number}: {detail}") from exc


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"The body holds {count} records; this relay takes at most {most} a request.")


def _check_objects(values: list[Any]) -> None:
    faults = tuple(
        FieldError("#", "should be a JSON object", index)
        for index, value in enumerate(values)
        if not isinstance(value, dict)
    )
    if faults:
        raise Invalid("Every record should be a JSON object; nothing was accepted.", errors=faults)
