"""What stands in an address, and the headers that a request may carry."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from werkzeug.routing import Rule

from relay.catalogue import CATALOGUE
from relay.inbound.taking import LONGEST_KEY
from relay.openapi.fields import without_null
from relay.openapi.operations.model import Operation
from relay.openapi.shapes import DELIVERY_ID
from relay.web.slugs import SLUG

_SLUG = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
# By the first step of the path below the API.
_IDS: dict[str, dict[str, Any]] = {
    "templates": {
        "description": "The template's name.",
        "schema": {"type": "string", "enum": list(CATALOGUE)},
        "example": "cancel_scheduled_event",
    },
    "credentials": {"description": "The credential's id.", "schema": _SLUG, "example": "acme"},
    "destinations": {"description": "The destination's id.", "schema": _SLUG, "example": "cancel-demos"},
    "keys": {
        "description": "The key's id, which stands in the key after `rly_`.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "example": "5f0c2a9be41d7786",
    },
    "in": {"description": "The destination's id.", "schema": _SLUG, "example": "cancel-demos"},
    "deliveries": {
        "description": "The delivery's id.",
        "schema": {"type": "string", "pattern": DELIVERY_ID},
        "example": "dlv_01M827FHJFFHKJZCADKFZBDNA",
    },
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": f"Makes a repeat of the request harmless: 1 to {LONGEST_KEY} printable ASCII characters, bare or in quotes.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
    "example": "deal-1042-lost",
}


def parameters_of(spec: APISpec, operation: Operation, rule: Rule) -> list[dict[str, Any]]:
    """Give the parameters of an operation: of its path, its query and its headers."""
    plural = rule.rule.removeprefix("/api/v1").split("/")[1]
    path = [
        {"name": called(name), "in": "path", "required": True, **_IDS[plural]}
        for name in sorted(rule.arguments)
    ]
    headers = [_IDEMPOTENCY_KEY] if operation.security == "inbound" else []
    return [*path, *_query(spec, operation), *headers]


def called(name: str) -> str:
    """Give what a view's argument is called in the document; `id` is a name of Python's."""
    return "id" if name == "identifier" else name


def _query(spec: APISpec, operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    (plugin,) = spec.plugins
    found = plugin.converter.schema2parameters(operation.query(), location="query")  # type: ignore[attr-defined]
    return [{**each, "schema": without_null(each["schema"])} for each in found]
