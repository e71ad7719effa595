"""Calendly's published contract as a judge of requests and answers.

`check_request` and `check_response` raise AssertionError with every violation in plain text. What the document can't
express (time ranges, whether an event has started, conflicts) is not judged here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).parent / "data" / "calendly-openapi.json"
DOCUMENT_URI = "urn:calendly"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
JSON_TYPE = "application/json"
formats = FormatChecker(formats=())


@dataclass(frozen=True)
class Operation:
    """One method on one path of the document."""

    method: str
    template: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def definition(self) -> dict[str, Any]:
        """What the document says about it."""
        found: dict[str, Any] = document()["paths"][self.template][self.method.lower()]
        return found

    def pointer(self, *steps: str) -> str:
        """Where a part of the definition is in the document."""
        escaped = (
            step.replace("~", "~0").replace("/", "~1")
            for step in (self.template, self.method.lower(), *steps)
        )
        return "/paths/" + "/".join(escaped)


def check_request(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> Operation:
    """Judge a request; `url` may be an address or only a path, `body` raw or decoded. Answers what it was."""
    operation, ids = find_operation(method, url)
    lowered = {name.lower(): value for name, value in headers.items()}
    faults = [*_path_faults(operation, ids), *_query_faults(operation, url)]
    if not re.fullmatch(r"[Bb]earer \S+", lowered.get("authorization", "")):
        faults.append("there is no bearer token")
    faults += _request_body_faults(operation, lowered.get("content-type", ""), _decoded(body))
    _refuse(f"{operation}: the request breaks the contract", faults)
    return operation


def check_response(
    method: str, url: str, status: int, headers: Mapping[str, str], body: Any = None
) -> Operation:
    """Judge an answer to a request that was `method` on `url`."""
    operation, _ = find_operation(method, url)
    lowered = {name.lower(): value for name, value in headers.items()}
    responses = operation.definition["responses"]
    if str(status) not in responses:
        _refuse(f"{operation}: the answer breaks the contract", [f"status {status} is not in the document"])
    steps = ("responses", str(status))
    response, at = _resolved(responses[str(status)], operation.pointer(*steps))
    faults = _header_faults(response, at, lowered)
    faults += _response_body_faults(response, at, lowered.get("content-type", ""), _decoded(body))
    _refuse(f"{operation}: the {status} answer breaks the contract", faults)
    return operation


def operations() -> list[Operation]:
    """Every operation of the document."""
    return [
        Operation(method.upper(), template)
        for template, item in document()["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def find_operation(method: str, url: str) -> tuple[Operation, dict[str, str]]:
    """The operation that a request is, with its path parameters."""
    path = urlsplit(url).path
    for operation in operations():
        ids = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.template), path)
        if ids and operation.method == method.upper():
            return operation, {name: unquote(value) for name, value in ids.groupdict().items()}
    raise AssertionError(f"{method.upper()} {path} is not in Calendly's document")


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return loaded


def _path_faults(operation: Operation, ids: Mapping[str, str]) -> list[str]:
    return [
        fault
        for at, parameter in _parameters(operation, "path")
        for fault in _faults(at, ids[parameter["name"]], f"path parameter {parameter['name']}")
    ]


def _query_faults(operation: Operation, url: str) -> list[str]:
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    known = {parameter["name"]: (at, parameter) for at, parameter in _parameters(operation, "query")}
    faults = [f"query parameter {name} is unknown" for name in given if name not in known]
    for name, (at, parameter) in known.items():
        if name in given:
            faults += _faults(at, _typed(given[name], parameter["schema"]), f"query parameter {name}")
        elif parameter.get("required"):
            faults.append(f"query parameter {name} is missing")
    return faults


def _parameters(operation: Operation, place: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for index, parameter in enumerate(operation.definition.get("parameters", [])):
        if parameter["in"] == place:
            yield operation.pointer("parameters", str(index), "schema"), parameter


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    """A query value as the type that its schema names; text that doesn't fit stays text and fails there."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _request_body_faults(operation: Operation, content_type: str, body: Any) -> list[str]:
    definition = operation.definition.get("requestBody")
    if definition is None:
        return [] if body is None else ["there is a body, but the document has none"]
    if body is None:
        return ["the body is missing"] if definition.get("required") else []
    faults = (
        []
        if _is_json(content_type)
        else [f"the content type is {content_type or 'missing'}, not {JSON_TYPE}"]
    )
    return faults + _faults(operation.pointer("requestBody", "content", JSON_TYPE, "schema"), body, "body")


def _header_faults(response: Mapping[str, Any], at: str, given: Mapping[str, str]) -> list[str]:
    faults = []
    for name, definition in response.get("headers", {}).items():
        if name.lower() not in given:
            faults.append(f"header {name} is missing")
            continue
        value = _typed(given[name.lower()], definition["schema"])
        faults += _faults(f"{at}/headers/{name}/schema", value, f"header {name}")
    return faults


def _response_body_faults(response: Mapping[str, Any], at: str, content_type: str, body: Any) -> list[str]:
    if "content" not in response:
        return [] if body is None else ["there is a body, but the document has none"]
    faults = (
        []
        if _is_json(content_type)
        else [f"the content type is {content_type or 'missing'}, not {JSON_TYPE}"]
    )
    return faults + _faults(f"{at}/content/application~1json/schema", body, "body")


def _resolved(definition: Mapping[str, Any], at: str) -> tuple[Mapping[str, Any], str]:
    if "$ref" not in definition:
        return definition, at
    pointer = definition["$ref"].removeprefix("#")
    found: Any = document()
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found, pointer


def _decoded(body: Any) -> Any:
    """The JSON value of a raw body; None when there is no body; text that isn't JSON stays text."""
    if isinstance(body, str | bytes):
        if not body:
            return None
        try:
            return json.loads(body)
        except ValueError:
            return body if isinstance(body, str) else body.decode(errors="replace")
    return body


def _is_json(content_type: str) -> bool:
    return content_type.split(";", maxsplit=1)[0].strip().lower() == JSON_TYPE


def _faults(at: str, value: Any, what: str) -> list[str]:
    errors = sorted(_validator(at).iter_errors(value), key=lambda error: error.json_path)
    return [f"{what} at {error.json_path}: {error.message[:300]}" for error in errors]


@cache
def _validator(at: str) -> Draft202012Validator:
    resource = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(DOCUMENT_URI, resource)
    return Draft202012Validator({"$ref": f"{DOCUMENT_URI}#{at}"}, registry=registry, format_checker=formats)


def _refuse(title: str, faults: list[str]) -> None:
    if faults:
        raise AssertionError("\n  - ".join((title, *faults)))


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and parts.netloc) and not re.search(r"\s", value)


@formats.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or EMAIL.fullmatch(value) is not None


@formats.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or MOMENT.fullmatch(value) is not None
