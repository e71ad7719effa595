"""Everything Calendly says instead of yes, in its own wording."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus


class Refusal(Exception):
    """An answer other than success: a status and Calendly's error body."""

    def __init__(self, status: int, title: str, message: str, **extra: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"title": title, "message": message, **extra}


def invalid(details: Iterable[tuple[str, str]] = ()) -> Refusal:
    """Say that the request is malformed; `details` pairs a parameter with what is wrong."""
    listed = [{"parameter": parameter, "message": message} for parameter, message in details]
    extra = {"details": listed} if listed else {}
    return Refusal(400, "Invalid Argument", "The supplied parameters are invalid.", **extra)


def bad_request(title: str, message: str) -> Refusal:
    """Refuse a well-formed request that the current state forbids, where Calendly says 400."""
    return Refusal(400, title, message)


def unauthenticated() -> Refusal:
    """No token, or one that nobody issued: the same answer for both."""
    return Refusal(401, "Unauthenticated", "The access token is invalid")


def denied(message: str = "You do not have permission to access this resource.") -> Refusal:
    """Say that the caller's role, plan or ownership does not reach that far."""
    return Refusal(403, "Permission Denied", message)


def insufficient_scope(scopes: Iterable[str]) -> Refusal:
    """Say that the token lacks scopes."""
    message = "This operation requires the scopes listed in the 'required_scopes' array."
    return Refusal(403, "Insufficient scope", message, required_scopes=sorted(scopes))


def not_found() -> Refusal:
    """No such thing."""
    return Refusal(404, "Resource Not Found", "The server could not find the requested resource.")


def already_exists(message: str) -> Refusal:
    """Say that the same thing stands already, where Calendly says 409."""
    return Refusal(409, "Already Exists", message)


def too_many() -> Refusal:
    """Say that the minute is used up. Calendly does not document this body."""
    return Refusal(429, "Too Many Requests", "Rate limit exceeded")


def server_error(status: int) -> Refusal:
    """Calendly's own trouble: 500 and its kin share one body."""
    message = "The server encountered an unexpected condition that prevented it from fulfilling the request."
    return Refusal(status, "Internal Server Error", message)


def by_status(status: int) -> Refusal:
    """Give the generic refusal of a status, for faults that are ordered by number."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return server_error(status)
    known = {400: invalid, 401: unauthenticated, 403: denied, 404: not_found, 429: too_many}
    if status in known:
        return known[status]()
    return Refusal(
        status, HTTPStatus(status).phrase, HTTPStatus(status).description or HTTPStatus(status).phrase
    )
