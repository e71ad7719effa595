"""Operations and schemas of the document, as its page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.openapi.calls import calls_of, pretty
from relay.openapi.operations.model import JSON, PROBLEM
from relay.openapi.rows import REF, Row, kind_of, rows_of

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer carries, and when it comes."""

    status: str
    words: str
    schema: str = ""
    media: str = ""
    headers: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A schema with all that is inside, or the schemas of which one is to be met."""

    words: str
    rows: list[Row]
    kind: str
    options: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    keys: tuple[str, ...]
    scope: str
    parameters: list[dict[str, Any]]
    body: str
    body_required: bool
    examples: list[tuple[str, str]]
    answers: list[Told]
    refusals: list[Told]


def operations_of(document: Document) -> list[Shown]:
    """Give the operations, in the order of the document."""
    return [_shown(document, *each) for each in _operations(document)]


def tables_of(document: Document) -> dict[str, Table]:
    """Give each schema that an operation names, and what a record is."""
    schemas = document["components"]["schemas"]
    named = {
        name
        for _, _, operation in _operations(document)
        for each in _contents(operation)
        if (name := _name(each))
    }
    records = [name for name in schemas if name.partition(".")[0] == "Record"]
    return {name: _table(schemas[name], schemas) for name in sorted({*named, *records})}


def _contents(operation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from each.get("content", {}).values()


def _table(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Table:
    options = [each.get("$ref", each.get("items", {}).get("$ref", "")) for each in schema.get("anyOf", ())]
    return Table(
        words=schema.get("description", ""),
        rows=rows_of(schema, schemas),
        kind=kind_of(schema, schemas),
        options=list(dict.fromkeys(each.removeprefix(REF) for each in options if each)),
    )


def _operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _shown(document: Document, path: str, method: str, operation: dict[str, Any]) -> Shown:
    body = operation.get("requestBody", {})
    told = [_told(status, each) for status, each in operation["responses"].items()]
    return Shown(
        name=operation["operationId"],
        method=method,
        path=path,
        tag=operation["tags"][0],
        summary=operation["summary"],
        description=operation["description"],
        keys=tuple(name for each in operation["security"] for name in each),
        scope=", ".join(scope for each in operation["security"] for scope in each.get("admin", ())),
        parameters=[_parameter(each) for each in operation.get("parameters", ())],
        body=_name(body.get("content", {}).get(JSON, {})),
        body_required=body.get("required", False),
        examples=list(calls_of(document, path, method, operation)),
        answers=[each for each in told if each.media != PROBLEM],
        refusals=[each for each in told if each.media == PROBLEM],
    )


def _parameter(each: dict[str, Any]) -> dict[str, Any]:
    return {**each, "kind": kind_of(each["schema"], {})}


def _told(status: str, response: dict[str, Any]) -> Told:
    nothing: tuple[str, dict[str, Any]] = ("", {})
    media, content = next(iter(response.get("content", {}).items()), nothing)
    return Told(
        status=status,
        words=response["description"],
        schema=_name(content),
        media=media,
        headers=tuple(name for name in response["headers"] if name != "X-Request-Id"),
        example=pretty(content["example"]) if "example" in content else "",
    )


def _name(content: Mapping[str, Any]) -> str:
    reference: str = content.get("schema", {}).get("$ref", "")
    return reference.removeprefix(REF)
