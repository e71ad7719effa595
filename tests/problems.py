"""One assertion for every refusal: it is a problem as RFC 9457 has it, and gives nothing away."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

TYPE = "urn:calendly-relay:problem:"


def assert_problem(
    response: TestResponse, status: int, code: str, pointer: str | None = None
) -> dict[str, Any]:
    """Assert that an answer is this problem, pointing at `pointer` if one is given; gives the problem's body."""
    body: dict[str, Any] = response.get_json(silent=True) or {}
    told = response.get_data(as_text=True)

    assert (status, TYPE + code) == (response.status_code, body.get("type")), told
    assert response.mimetype == "application/problem+json"
    assert status == body["status"]
    assert code.replace("_", " ").capitalize() == body["title"]
    assert body["detail"].endswith("."), told
    assert "Traceback" not in told
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-Id"]
    assert (status == 401) == ("WWW-Authenticate" in response.headers)
    assert (status == 405) == ("Allow" in response.headers)
    assert (status in {429, 503}) == ("Retry-After" in response.headers)
    for words_of_marshmallow in (
        "Not a valid",
        "Missing data",
        "may not be",
        "Invalid input",
        "Unknown field",
    ):
        assert words_of_marshmallow not in told
    for error in body.get("errors", []):
        assert error["pointer"].startswith("#"), told
        assert error["detail"], told
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body.get("errors", [])], told
    return body
