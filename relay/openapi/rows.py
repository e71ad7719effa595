"""A JSON Schema as the rows of a table: each name with its kind, its bounds and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REF = "#/components/schemas/"
DEEPEST = 6  # objects inside each other; none of ours goes further
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
}
_FORMATS = {"date-time": "moment", "uri": "address", "uri-reference": "address"}

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One name: `path` leads to it from the outside, `when` says for which variant of its object it counts."""

    path: str
    kind: str
    words: str
    required: bool = False
    read_only: bool = False
    bounds: str = ""
    when: str = ""


def rows_of(schema: Schema, schemas: Mapping[str, Schema]) -> list[Row]:
    """Give the rows of an object, with the names of the objects inside it; none for what is no object."""
    return list(_rows(resolved(schema, schemas), schemas, "", "", DEEPEST))


def resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """Give what a schema refers to, and without the null that it takes besides."""
    plain = dict(schema)
    options = [each for each in plain.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1:
        plain = {**options[0], **{name: value for name, value in plain.items() if name != "anyOf"}}
    if "$ref" in plain:
        inner = resolved(schemas[plain["$ref"].removeprefix(REF)], schemas)
        return {**inner, **{name: value for name, value in plain.items() if name != "$ref"}}
    return plain


def _rows(schema: Schema, schemas: Mapping[str, Schema], above: str, when: str, deep: int) -> Iterator[Row]:
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        one = resolved(each, schemas)
        path = f"{above}{name}"
        yield Row(
            path,
            kind_of(one, schemas),
            one.get("description", ""),
            required=name in needed,
            read_only=one.get("readOnly", False),
            bounds=bounds_of(one),
            when=when,
        )
        if deep:
            yield from _inside(one, schemas, path, when, deep - 1)


def _inside(one: Schema, schemas: Mapping[str, Schema], path: str, when: str, deep: int) -> Iterator[Row]:
    """Give the rows of an object, of the items of a list, and of each variant."""
    if one.get("type") == "array" or "items" in one:
        yield from _rows(resolved(one["items"], schemas), schemas, f"{path}[].", when, deep)
    elif "properties" in one:
        yield from _rows(one, schemas, f"{path}.", when, deep)
    for variant in (resolved(each, schemas) for each in one.get("oneOf", one.get("anyOf", ()))):
        yield from _rows(variant, schemas, f"{path}.", _told_apart(variant), deep)


def _told_apart(variant: Schema) -> str:
    """Give the value that only this variant of an object has."""
    kinds: list[str] = variant.get("properties", {}).get("kind", {}).get("enum", ())
    return next((each for each in kinds if each), "")


def kind_of(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """Say what kind of value a schema takes, in a few words."""
    values = [each for each in schema.get("enum", ()) if each is not None]
    if values:
        return f"one of {', '.join(f'`{each}`' for each in values)}" if len(values) > 1 else f"`{values[0]}`"
    kinds = schema.get("type", "")
    kind = next((each for each in kinds if each != "null"), "") if isinstance(kinds, list) else kinds
    if kind == "array":
        inner = resolved(schema["items"], schemas)
        return f"list of {_plural(kind_of(inner, schemas))}"
    if not kind:
        variants = [
            kind_of(resolved(each, schemas), schemas) for each in schema.get("oneOf", schema.get("anyOf", ()))
        ]
        return " or ".join(each for each in dict.fromkeys(variants) if each != "null") or "any value"
    return _FORMATS.get(schema.get("format", ""), _KINDS.get(kind, str(kind)))


def _plural(kind: str) -> str:
    return f"{kind}s" if kind in {*_KINDS.values(), *_FORMATS.values()} else kind


def bounds_of(schema: Schema) -> str:
    """Say what bounds a value, and what it is where it is left out."""
    told = []
    if "minimum" in schema and "maximum" in schema:
        told.append(f"{schema['minimum']} to {schema['maximum']}")
    if "maxLength" in schema:
        least = schema.get("minLength", 0)
        told.append(f"{least} to {schema['maxLength']} characters")
    if "maxItems" in schema:
        told.append(f"at most {schema['maxItems']}")
    if "default" in schema:
        told.append(f"default `{_json(schema['default'])}`")
    return ", ".join(told)


def _json(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
