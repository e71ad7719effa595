"""One shape for every refusal: RFC 9457 problems, for our own errors, Flask's and those nobody foresaw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, g
from werkzeug.exceptions import HTTPException

from relay.errors import BadRequest, MethodNotAllowed, NotFound, RelayError, TooLarge, UnsupportedMediaType

TYPE = "urn:calendly-relay:problem:"
CHALLENGE = 'Bearer realm="calendly-relay"'
MOST_ERRORS = 100  # more help nobody, and an answer should stay small
RETRY_AFTER_OUTAGE = 30  # seconds

_OURS = {
    error.status: error for error in (BadRequest, NotFound, MethodNotAllowed, TooLarge, UnsupportedMediaType)
}

log = structlog.get_logger()


def problem(code: str, status: int, detail: str, extra: Mapping[str, Any] | None = None) -> Response:
    """Give a problem as an answer; `extra` adds members of its own, such as `errors`."""
    body = {
        "type": TYPE + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        **(extra or {}),
    }
    g.problem = code
    answer = Response(current_app.json.dumps(body), status, mimetype="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = g.get("challenge", CHALLENGE)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_OUTAGE)
    return answer


def answer_problems(app: Flask) -> None:
    """Make every error that leaves a view, or keeps a request from one, a problem."""
    app.register_error_handler(RelayError, from_relay)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(Exception, from_surprise)


def from_relay(error: RelayError) -> Response:
    """Give one of our own errors as a problem, with at most MOST_ERRORS of its faults."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request.failed", request_id=g.get("request_id"), problem=error.code, exc_info=error)
    faults = error.errors[:MOST_ERRORS]
    detail = error.detail
    if len(faults) < len(error.errors):
        detail += f" Only the first {len(faults)} faults are listed."
    extra = {"errors": [fault.to_dict() for fault in faults]} if faults else None
    answer = problem(error.code, error.status, detail, extra)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def from_http(error: HTTPException) -> Response:
    """Give an error of Flask's as a problem; what its headers say, such as Allow, stays."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    ours = _OURS.get(status)
    if ours is not None:
        methods = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        detail = f"This address takes {methods}." if methods else (ours.__doc__ or "").strip()
        answer = problem(ours.code, status, detail)
    else:
        answer = problem(re.sub("[^a-z0-9]+", "_", error.name.lower()), status, f"{error.name}.")
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            answer.headers[name] = value
    return answer


def from_surprise(error: Exception) -> Response:
    """Answer 500 without internals; the log gets the type and the places, never the text."""
    log.error("request.failed", request_id=g.get("request_id"), exc_info=error)
    return problem("internal_error", 500, "The relay failed over this request. Its log says where.")
