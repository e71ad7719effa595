"""OAuth's own way of saying no: `error` and `error_description`, not the API's error body."""

from __future__ import annotations


class OAuthRefusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body: dict[str, object] = {"error": error, "error_description": description}


def invalid_request(description: str) -> OAuthRefusal:
    """Say that a parameter is missing or makes no sense."""
    return OAuthRefusal(400, "invalid_request", description)


def invalid_client() -> OAuthRefusal:
    """Say that this app is not known, or its secret is wrong."""
    return OAuthRefusal(401, "invalid_client", "Client authentication failed.")


def invalid_grant(description: str) -> OAuthRefusal:
    """Say that a code or a refresh token is worth nothing."""
    return OAuthRefusal(400, "invalid_grant", description)
