"""What requests carry: documents, changes of documents, and records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apispec import APISpec

from relay.openapi.converter import component_name
from relay.openapi.fields import NULL, or_null
from relay.openapi.operations.model import JSON, Body

NDJSON = "application/x-ndjson"
_REF = "#/components/schemas/"
_MASK = {"type": "string", "pattern": "^••••", "description": "The mask of a secret: it stays as it is."}


def body_of(spec: APISpec, body: Body) -> dict[str, Any]:
    """Give the requestBody of an operation, and add to the components what it needs."""
    examples = {_key(title): {"summary": title, "value": value} for title, value in body.examples.items()}
    if body.schema is None:
        lines = {"type": "string", "description": "Records, one a line."}
        content: dict[str, Any] = {
            JSON: {"schema": {"$ref": f"{_REF}Records"}, "examples": examples},
            NDJSON: {"schema": lines},
        }
        return {"required": True, "content": content}
    name = component_name(body.schema)
    if name not in spec.components.schemas:
        spec.components.schema(name, schema=body.schema)
    if body.change:
        name = _add_change(spec, name)
    content = {JSON: {"schema": {"$ref": _REF + name}, "examples": examples}}
    return {"required": body.required, "content": content}


def _add_change(spec: APISpec, name: str) -> str:
    changed = f"{name}Change"
    made = as_change(spec.components.schemas[name], spec.components.schemas)
    spec.components.schema(
        changed, {**made, "description": f"What a {name.lower()} should be instead, name by name."}
    )
    return changed


def as_change(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Give what may be laid over a document: nothing is needed, null resets, and a mask keeps its secret."""
    if "$ref" in schema:
        told = {name: value for name, value in schema.items() if name != "$ref"}
        inner = as_change(schemas[schema["$ref"].removeprefix(_REF)], schemas)
        return {**inner, **told}
    made = {
        name: value for name, value in schema.items() if name not in {"required", "default", "discriminator"}
    }
    if made.pop("writeOnly", False):
        told = {"description": made.pop("description", "")}
        return {"anyOf": [{**made, "type": "string"}, _MASK, NULL], "writeOnly": True, **told}
    if "properties" in made:
        made["properties"] = {
            name: or_null(as_change(each, schemas)) for name, each in made["properties"].items()
        }
    if made.get("additionalProperties"):
        made["additionalProperties"] = or_null(as_change(made["additionalProperties"], schemas))
    for kind in ("oneOf", "anyOf"):
        if kind in made:
            # Without the names that tell them apart, several may fit.
            made["anyOf"] = [as_change(each, schemas) for each in made.pop(kind)]
    return made


def _key(title: str) -> str:
    return title.replace(" ", "_").replace("'", "")
