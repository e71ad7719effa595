"""From marshmallow schemas to JSON Schema: apispec's converter, taught what our documents and answers promise."""

from __future__ import annotations

import inspect
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from relay.openapi.fields import FUNCTIONS, or_null
from relay.openapi.kit import Answer
from relay.web.documents import Document, ReadOnly


class Converter(OpenAPIConverter):
    """Null means left out in what is sent, and what is answered has all of its names."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """Give the JSON Schema of a document or an answer."""
        made: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        one = resolve_schema_instance(schema)
        made["description"] = inspect.getdoc(type(one)) or ""
        if isinstance(one, Answer):
            return _answered(one, made)
        return _sent(one, made) if isinstance(one, Document) else made


def _answered(one: Answer, made: dict[str, Any]) -> dict[str, Any]:
    """A name is missing only where its field says so. Further names may come with later releases."""
    properties = made["properties"]
    for attribute, field in one.fields.items():
        name = field.data_key or attribute
        if field.allow_none and not isinstance(field, ReadOnly):
            properties[name] = or_null(properties[name])
    names = {
        field.data_key or attribute: field.metadata.get("optional", False)
        for attribute, field in one.fields.items()
    }
    made["required"] = [name for name, optional in names.items() if not optional]
    made.pop("additionalProperties", None)
    return made


def _sent(one: Document, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    for attribute, field in one.fields.items():
        name = field.data_key or attribute
        if not field.required:
            properties[name] = or_null(properties[name])
    return made


class Plugin(MarshmallowPlugin):
    """apispec's plugin, with our converter."""

    Converter = Converter

    def init_spec(self, spec: APISpec) -> None:
        """Teach the converter of this document."""
        super().init_spec(spec)
        assert self.converter is not None  # noqa: S101 - for mypy: it was made by the line above
        for function in FUNCTIONS:
            self.converter.add_attribute_function(function)  # type: ignore[no-untyped-call]


def component_name(schema: Any) -> str:
    """Name a schema in the document: its class, without what says only that it is one."""
    one = resolve_schema_instance(schema)
    name: str = type(one).__name__
    return f"{name.removesuffix('Part')}Settings" if name.endswith("Part") else name.removesuffix("Document")
