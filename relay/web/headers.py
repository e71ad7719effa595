"""What every answer carries: a request id, and headers that keep browsers and caches out of trouble."""

from __future__ import annotations

import re
import secrets
import time

from flask import Flask, Response, g, request

REQUEST_ID = "X-Request-Id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STANDING = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # the same for browsers that do not know the line above
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",  # browsers heed it where they came by https, and only there
}


def dress_answers(app: Flask) -> None:
    """Give each request an id (its own, if it brought a plain one), and each answer the standing headers."""
    app.before_request(begin)
    app.after_request(dress)


def begin() -> None:
    """Note when the request began, and its id."""
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()


def dress(answer: Response) -> Response:
    """Add the headers that a view did not set itself."""
    for name, value in _STANDING.items():
        answer.headers.setdefault(name, value)
    answer.headers[REQUEST_ID] = g.get("request_id", "")
    return answer


def elapsed() -> float:
    """Give the milliseconds since this request began."""
    began: float = g.began
    return round((time.perf_counter() - began) * 1000, 1)
