"""What the document holds once and names often: headers, ways to prove oneself, and the records of each template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apispec import APISpec

from relay.catalogue import TEMPLATES
from relay.catalogue.describe import json_schema

SECURITY_SCHEMES: Mapping[str, dict[str, Any]] = {
    "admin": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key to the management API: `RELAY_ADMIN_KEY`, or one of those under `/api/v1/keys`. Each operation says "
        "which scope it takes: `read`, `operate` or `admin`, of which each covers those before it. In the last seven days of a "
        "key its answers carry `X-Key-Expires`, the moment of its end.",
    },
    "inbound_bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The key of a destination whose `inbound.auth` is `bearer`.",
    },
    "inbound_basic": {
        "type": "http",
        "scheme": "basic",
        "description": "User name and password of a destination whose `inbound.auth` is `basic`.",
    },
    "inbound_query": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "The key of a destination whose `inbound.auth` is `query`, in the parameter that it names.",
    },
}
SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    "inbound": [{"inbound_bearer": []}, {"inbound_basic": []}, {"inbound_query": []}],
    "nobody": [],
}
HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The request's id, its own or one that was made; the logs have it.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to prove oneself here.",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    },
    "Location": {
        "description": "The address of what was made.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotent-Replayed": {
        "description": "Stands there where the answer is the first one's, once more.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
ANY_RECORD: dict[str, Any] = {
    "title": "Any other JSON object",
    "description": "For a `manual` destination, and wherever `mapping`, `constants` or `inbound.records` give the fields.",
    "type": "object",
}


def add_records(spec: APISpec) -> None:
    """Add what a record is for each template, and what a body of records is."""
    for name, template in TEMPLATES.items():
        schema = {key: value for key, value in json_schema(template).items() if key != "$schema"}
        spec.components.schema(f"Record.{name}", {**schema, "description": template.summary})
    kinds = [_ref(f"Record.{name}") for name in TEMPLATES]
    spec.components.schema(
        "Record",
        {
            # Attributes beyond a template's own are allowed, so a record may be right for several of them.
            "anyOf": [*kinds, ANY_RECORD],
            "description": "A record: a JSON object with the fields of the destination's template, and any others.",
        },
    )
    several = {"type": "array", "items": _ref("Record"), "minItems": 1, "title": "Several records"}
    spec.components.schema(
        "Records",
        {
            "anyOf": [{"title": "One record", **_ref("Record")}, several],
            "description": "One record, or several.",
        },
    )


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
