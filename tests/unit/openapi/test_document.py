"""The OpenAPI document is whole, right in itself, and as the code is."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from jsonschema import Draft202012Validator
from marshmallow import Schema

from relay.openapi.document import VERSION, routes_of
from relay.openapi.operations import OPERATIONS
from relay.openapi.shapes import SHAPES
from relay.openapi.words import WORDS
from relay.outgoing.door import USER_AGENT
from relay.web.documents import Document

ROOT = Path(__file__).parents[3]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every operation with its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def objects(node: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every object of a document with its place."""
    if isinstance(node, dict):
        yield place, node
        for name, each in node.items():
            yield from objects(each, f"{place}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from objects(each, f"{place}/{index}")


def documents(kind: type[Schema] = Document) -> Iterator[type[Schema]]:
    """Give the classes of all documents and queries of the relay."""
    for each in kind.__subclasses__():
        if each.__module__.startswith("relay."):
            yield each
        yield from documents(each)


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    """As the specification's own schema has it."""
    schemathesis.openapi.from_dict(copy.deepcopy(document)).validate()


def test_every_schema_is_json_schema(document: dict[str, Any]) -> None:
    """Of the dialect that OpenAPI 3.1 speaks; what it says is usual, it allows."""
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        for place, each in objects(schema):
            if "default" in each and not place.endswith("/properties"):
                Draft202012Validator(each).validate(each["default"])


def test_every_route_is_described_and_nothing_else(app: Flask) -> None:
    """A route that comes or goes takes its description with it."""
    assert {rule.endpoint for _, _, rule in routes_of(app)} == set(OPERATIONS)


def test_every_operation_is_told_in_words(document: dict[str, Any]) -> None:
    """Summary, description, tag, and who may call it; each has a name of its own."""
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(OPERATIONS) == len(names) == len(set(names))
    for label, operation in operations(document):
        assert operation["summary"], label
        assert operation["description"].endswith("."), label
        assert [tag for tag in operation["tags"] if {"name": tag} in document["tags"]] == operation["tags"], (
            label
        )
        assert "security" in operation, label


def test_the_management_api_asks_for_the_admin_key(document: dict[str, Any]) -> None:
    """All of it, and nothing else does; the document says what happens without."""
    for label, operation in operations(document):
        managed = " /api/v1/" in label
        scopes = [each["admin"] for each in operation["security"] if "admin" in each]
        assert managed == (
            len(operation["security"]) == 1 and scopes in ([["read"]], [["operate"]], [["admin"]])
        ), label
        assert (managed or " /in/" in label) == ("401" in operation["responses"]), label


def test_every_name_says_what_it_means(document: dict[str, Any]) -> None:
    """Those of documents, of answers and of parameters."""
    for place, schema in objects(document["components"]["schemas"]):
        for name, each in schema.get("properties", {}).items() if "Record." not in place else ():
            counts = place.endswith("/counts")
            assert counts or each.get("description"), f"{place}: {name}"
    for label, operation in operations(document):
        for each in operation.get("parameters", ()):
            assert each["description"], f"{label}: {each['name']}"


def test_the_tables_of_words_and_shapes_name_what_there_is() -> None:
    """A name that a document loses leaves the tables, too."""
    fields = {
        kind.__name__: {field.data_key or name for name, field in kind().fields.items()}
        for kind in documents()
    }

    for table in (WORDS, SHAPES):
        for schema, names in table.items():
            assert set(names) <= fields[schema], schema


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    """Except where a person is sent: there it is a page."""
    for label, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and not label.endswith("/console/connect"):
                assert ["application/problem+json"] == list(response["content"]), f"{label}: {status}"
            waits = status in {"429", "503"}
            assert waits == ("Retry-After" in response["headers"]), f"{label}: {status}"
            assert (status == "401") == ("WWW-Authenticate" in response["headers"]), f"{label}: {status}"


def test_every_body_may_break_off(document: dict[str, Any]) -> None:
    """Whatever takes a body can find it unreadable, late, large, compressed or wrong."""
    for label, operation in operations(document):
        if "requestBody" in operation:
            assert {"400", "408", "413", "415", "422"} <= set(operation["responses"]), label


@pytest.mark.parametrize("part", ["requests", "answers", "parameters"])
def test_examples_are_right(document: dict[str, Any], part: str) -> None:
    """Each is allowed by the schema that it stands beside."""
    found = list(_examples(document, part))

    assert found
    for label, schema, value in found:
        whole = {**schema, "components": document["components"]}
        wrong = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
        assert [] == wrong, f"{label}: {value}"


def _examples(document: dict[str, Any], part: str) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for label, operation in operations(document):
        if part == "parameters":
            for each in operation.get("parameters", ()):
                if "example" in each:
                    yield label, each["schema"], each["example"]
            continue
        responses = (
            operation["responses"].values() if part == "answers" else [operation.get("requestBody", {})]
        )
        for response in responses:
            for media in response.get("content", {}).values():
                values = [media["example"]] if "example" in media else []
                values += [each["value"] for each in media.get("examples", {}).values()]
                yield from ((label, media["schema"], value) for value in values)


def test_every_document_has_an_example(document: dict[str, Any]) -> None:
    """Whoever reads the page sees what to send."""
    for label, operation in operations(document):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            assert media != "application/json" or content["examples"], label


def test_nothing_is_left_over(document: dict[str, Any]) -> None:
    """Every component is used."""
    used = {
        node["$ref"].rpartition("/")[2] for _, node in objects(document) if isinstance(node.get("$ref"), str)
    }
    named = set(document["components"]["schemas"]) | set(document["components"]["headers"])

    assert set() == named - used


def test_secrets_go_in_and_never_come_out(document: dict[str, Any]) -> None:
    """What is write-only in requests is in no answer."""
    answers = {
        name
        for name in document["components"]["schemas"]
        if name.endswith("Answer") or name == "WholeDelivery"
    }

    assert answers
    for place, schema in objects({name: document["components"]["schemas"][name] for name in answers}):
        assert "writeOnly" not in schema, place


def test_the_version_is_the_projects() -> None:
    """Three places say it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]

    assert project["version"] == VERSION
    assert re.search(r"[0-9.]+$", USER_AGENT)[0] == VERSION  # type: ignore[index]
