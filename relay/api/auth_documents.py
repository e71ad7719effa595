"""The form of an inbound route's authentication. A secret that is left out is made."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from relay.web.documents import Document, OneOf, Text, sentences
from relay.web.keys import SHORTEST
from relay.web.masks import Secret

LONGEST_QUERY_KEY = 1000  # characters; three times that, percent-encoded, still fits a request line
_PARAMETER = "should be 1 to 64 letters, digits, dots, hyphens and underscores"


class BearerAuth(Document):
    """`Authorization: Bearer <key>`."""

    kind = OneOf("bearer", required=True)
    key = Secret(shortest=SHORTEST)


class UserName(Text):
    """A user name of basic authentication."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if ":" in name:  # RFC 7617: the first colon begins the password
            raise ValidationError("should hold no colon")
        return name


class BasicAuth(Document):
    """User name and password."""

    kind = OneOf("basic", required=True)
    username = UserName(longest=200, required=True)
    password = Secret(shortest=SHORTEST)


class QueryAuth(Document):
    """`?<parameter>=<key>`."""

    kind = OneOf("query", required=True)
    parameter = fields.String(
        load_default="token",
        validate=validate.Regexp(r"[A-Za-z0-9._-]{1,64}\Z", error=_PARAMETER),
        error_messages=sentences(_PARAMETER),
    )
    key = Secret(shortest=SHORTEST, longest=LONGEST_QUERY_KEY)


_KINDS: dict[str, type[Document]] = {"bearer": BearerAuth, "basic": BasicAuth, "query": QueryAuth}


class Auth(fields.Field[dict[str, Any]]):
    """How upstream proves itself: each kind has names of its own."""

    def __init__(self) -> None:
        super().__init__(
            required=True,
            error_messages=sentences("should be an object that says how upstream proves itself"),
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        del attr, data, kwargs
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in _KINDS:
            raise ValidationError({"kind": [f"should be one of: {', '.join(_KINDS)}"]})
        found: dict[str, Any] = _KINDS[kind]().load(value)
        return found
