"""The judge of answers, which the clients of all tests use, finds what is not described."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request

from tests.described import Described

PATH = "/api/v1/destinations"
EMPTY: dict[str, Any] = {"destinations": [], "next_cursor": None}
PROBLEM = {"type": "urn:calendly-relay:problem:invalid", "title": "Invalid", "status": 422, "detail": "No."}


@pytest.fixture(scope="module")
def judge(app: Any) -> Described:
    """The judge of the whole document."""
    return Described(app)


def an_answer(body: Any, status: int = 200, **headers: str) -> TestResponse:
    """Give an answer as a test's client gets it."""
    media = "application/json" if status < 400 else "application/problem+json"
    told = {
        "Content-Type": media,
        "X-Request-Id": "a",
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    return TestResponse([json.dumps(body).encode()], str(status), Headers(told), Request({}))


@pytest.mark.parametrize(
    "answer", [an_answer(EMPTY), an_answer(PROBLEM, 422), an_answer(PROBLEM, 503, Retry_After="30")]
)
def test_what_is_described_passes(judge: Described, answer: TestResponse) -> None:
    """Successes and refusals."""
    judge.assert_answer(PATH, "GET", answer)


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(EMPTY, 206),
        an_answer({}),
        an_answer({**EMPTY, "more": 1}),
        an_answer({"destinations": [{"id": "here"}], "next_cursor": None}),
        an_answer({**PROBLEM, "type": "about:blank"}, 422),
        an_answer(PROBLEM, 503),
        an_answer(PROBLEM, 401),
        an_answer(EMPTY, 200, Content_Type="text/plain"),
    ],
)
def test_what_is_not_described_fails(judge: Described, answer: TestResponse) -> None:
    """A status, a name, a missing name, a missing header, another type."""
    with pytest.raises(AssertionError):
        judge.assert_answer(PATH, "GET", answer)


def test_what_was_taken_has_to_be_allowed(judge: Described) -> None:
    """A document that is stricter than the relay would keep people from what works."""
    judge.assert_taken("/api/v1/destinations/{id}", "PATCH", b'{"name": "x"}')

    with pytest.raises(AssertionError):
        judge.assert_taken("/api/v1/destinations/{id}", "PATCH", b'{"nmae": "x"}')
