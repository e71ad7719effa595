"""What operations answer: successes by their schemas, and every refusal as a problem."""

from __future__ import annotations

from typing import Any

from relay.openapi.answers.common import NotReadyProblem, Problem
from relay.openapi.operations.model import HTML, PROBLEM, Operation, Reply


def responses_of(operation: Operation, scope: str) -> dict[str, Any]:
    """Give the responses of an operation, in order of their status; `scope` is what a key needs for it, if it takes one."""
    told = {status: _reply(reply) for status, reply in operation.answers.items()}
    problems = {**_of_keys(operation, scope), **operation.problems}
    refused = {status: _problem(operation, status, words) for status, words in problems.items()}
    return {str(status): each for status, each in sorted({**told, **refused}.items())}


def _of_keys(operation: Operation, scope: str) -> dict[int, str]:
    """Give the refusals that come of keys. Every key may read, so that none is refused for its scope there."""
    narrow = {403: f"The key's scope is less than `{scope}`."} if scope not in {"", "read"} else {}
    many = {} if operation.security == "nobody" else {429: "Too many wrong keys came from this address."}
    return {**narrow, **many}


def _reply(reply: Reply) -> dict[str, Any]:
    headers = _headers("X-Request-Id", *reply.headers)
    if reply.schema is not None:
        example = {"example": reply.example} if reply.example is not None else {}
        content: dict[str, Any] = {reply.media: {"schema": reply.schema, **example}}
    elif reply.media == HTML:
        content = {HTML: {"schema": {"type": "string"}}}
    else:
        content = {}
    return {"description": reply.words, "headers": headers, **({"content": content} if content else {})}


def _problem(operation: Operation, status: int, words: str) -> dict[str, Any]:
    more = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    schema = NotReadyProblem if operation.name == "ready" else Problem
    return {
        "description": words,
        "headers": _headers("X-Request-Id", *more),
        "content": {PROBLEM: {"schema": schema}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
