"""Reading a request's body without ever holding more of it than is allowed."""

from __future__ import annotations

from typing import Any

from flask import Request
from gunicorn.http.errors import ParseException

from relay.errors import BadRequest, TooLarge, TooSlow, UnsupportedMediaType
from relay.web.strict_json import WHITE, decode, parse

_PIECE = 64 * 1024  # bytes
_BROKE_OFF = "The body broke off, or its chunks are malformed."


def read_body(request: Request, limit: int) -> bytes:
    """Give the whole body. Raises TooLarge as soon as it is longer than `limit` bytes, announced or not.

    Raises BadRequest for half a body: what arrived of it may look whole, such as the first of many lines; TooSlow when
    the rest is still to come as the web server's patience ends.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Compressed bodies are not taken; leave Content-Encoding out.")
    announced = request.content_length
    too_large = TooLarge(f"The body is larger than this relay takes: {limit} bytes.")
    if (announced or 0) > limit:
        raise too_large
    body = _read(request, limit + 1)
    if len(body) > limit:
        raise too_large
    if announced is not None and len(body) < announced:
        raise BadRequest(_BROKE_OFF)
    return body


def _read(request: Request, most: int) -> bytes:
    pieces, left = [], most
    try:
        while left > 0 and (piece := request.stream.read(min(_PIECE, left))):
            pieces.append(piece)
            left -= len(piece)
    except TimeoutError as exc:
        raise TooSlow("The body took longer to arrive than this relay waits.") from exc
    except (OSError, ParseException) as exc:
        # The sender went away, or gunicorn found that its chunks are none.
        raise BadRequest(_BROKE_OFF) from exc
    return b"".join(pieces)


def read_object(request: Request, limit: int, *, optional: bool = False) -> dict[str, Any]:
    """Give the one JSON object that the body is; an empty body is an empty object where it is `optional`."""
    text = decode(read_body(request, limit)).strip(WHITE)
    if not text:
        if optional:
            return {}
        raise BadRequest("The body is empty; it should be one JSON object.")
    value = parse(text)
    if not isinstance(value, dict):
        raise BadRequest("The body should be one JSON object.")
    return value
