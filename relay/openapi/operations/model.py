"""What is said of one operation, and what many of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from relay.openapi.kit import Answer
from relay.web.documents import Document

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html"

Security = Literal["admin", "inbound", "nobody"]
Examples = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request carries. `change`: it is laid over what stands, so nothing is needed and null resets.

    Without a `schema` it is records. `examples` have a title each.
    """

    schema: type[Document] | None
    examples: Examples
    required: bool = True
    change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of an operation. Without a `schema` it has no body, or a page for people (`media`)."""

    words: str
    schema: type[Answer] | None = None
    media: str = JSON
    headers: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one address. `problems` maps each status of a refusal to when it comes."""

    name: str  # the operationId
    tag: str
    summary: str
    description: str
    answers: Mapping[int, Reply]
    problems: Mapping[int, str] = field(default_factory=dict)
    security: Security = "admin"
    query: type[Document] | None = None
    body: Body | None = None


ADMIN_KEY = {401: "The key is missing or wrong, or has ended."}
STORE = {503: "Redis does not answer, or cannot store; try again after `Retry-After` seconds."}
# What can be wrong with any body.
READING = {
    400: "The body is not what it should be: no JSON object in UTF-8, or it broke off.",
    408: "The body took longer to arrive than the relay waits.",
    413: "The body is larger than the relay takes.",
    415: "The body is compressed.",
    422: "The body breaks the rules that `errors` names.",
}
SEALED = {500: "A stored secret cannot be opened: the key that sealed it is no longer in `RELAY_SECRET_KEY`."}
READ = {**ADMIN_KEY, **STORE}
WRITE = {**READING, **ADMIN_KEY, **STORE}
