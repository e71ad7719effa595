"""The OpenAPI document as a judge: every answer that a test sees is compared with what is written of it.

Answers may hold no name that is not described, and what the relay took must be allowed by the request's schema.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from relay.openapi.document import document_of, path_of

ROOT = "urn:openapi"
_FORMATS = Draft202012Validator.FORMAT_CHECKER


class Described:
    """One document with its validators, each made once."""

    def __init__(self, app: Flask) -> None:
        self.document = document_of(app, "http://127.0.0.1:8000")
        strict = copy.deepcopy(self.document)
        for schema in _answered(strict):
            schema["additionalProperties"] = False
        contents = DRAFT202012.create_resource(strict)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, contents)

    def assert_answer(self, path: str, method: str, answer: TestResponse) -> None:
        """Assert that an answer's status, type, headers and body are described."""
        told = f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}"
        responses = self.document["paths"][path][method.lower()]["responses"]
        assert str(answer.status_code) in responses, f"an undocumented status: {told}"
        place = ("paths", path, method.lower(), "responses", str(answer.status_code))
        response = responses[str(answer.status_code)]
        media = answer.mimetype or ""
        assert set(response.get("content", {})) == ({media} if answer.data else set()), told
        for name, header in response["headers"].items():
            needed = self.document["components"]["headers"][header["$ref"].rpartition("/")[2]].get("required")
            assert not needed or name in answer.headers, f"{name} is missing: {told}"
        if media.endswith("json") and answer.data:
            self._assert_fits((*place, "content", media, "schema"), answer.get_json(), told)

    def assert_taken(self, path: str, method: str, body: bytes) -> None:
        """Assert that a body that was taken is one that the document allows."""
        operation = self.document["paths"][path][method.lower()]
        if (
            not body.strip()
            or "requestBody" not in operation
            or not any("admin" in each for each in operation["security"])
        ):
            return
        place = ("paths", path, method.lower(), "requestBody", "content", "application/json", "schema")
        self._assert_fits(place, json.loads(body), f"{method} {path} took {body.decode()[:2000]}")

    def _assert_fits(self, place: tuple[str, ...], value: Any, told: str) -> None:
        at = self.document
        for step in place:
            if step not in at:
                return
            at = at[step]
        wrong = [
            f"{error.json_path}: {error.message[:300]}" for error in self._validator(place).iter_errors(value)
        ]
        assert not wrong, f"{wrong} in {told}"

    @cache  # noqa: B019 # there is one document in a process
    def _validator(self, place: tuple[str, ...]) -> Draft202012Validator:
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in place)
        pointer = re.sub(r"[{}]", lambda brace: "%7B" if brace[0] == "{" else "%7D", pointer)
        return Draft202012Validator(
            {"$ref": f"{ROOT}#/{pointer}"}, registry=self._registry, format_checker=_FORMATS
        )


class JudgedClient(FlaskClient):
    """A test client that fails on whatever is not described."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make the request, and compare it and its answer with the document."""
        answer = super().open(*args, **kwargs)
        request = answer.request
        found = _route(self.application, request.path, request.method)
        if found and request.method != "HEAD":
            judge = _described(self.application)
            judge.assert_answer(found, request.method, answer)
            if answer.status_code < 300:
                judge.assert_taken(found, request.method, _body(kwargs))
        return answer


def judged(app: Flask) -> FlaskClient:
    """Give a client that compares every answer with the document."""
    app.test_client_class = JudgedClient
    return app.test_client()


_KEPT: dict[frozenset[str], Described] = {}


def _described(app: Flask) -> Described:
    """Give the one document of this process: it is the same for every application with the same routes."""
    key = frozenset(rule.rule for rule in app.url_map.iter_rules())
    if key not in _KEPT:
        _KEPT[key] = Described(app)
    return _KEPT[key]


def _route(app: Flask, path: str, method: str) -> str:
    """Give the path as the document has it; empty where there is no such route."""
    adapter = app.url_map.bind("127.0.0.1")
    try:
        rule, _ = adapter.match(path, method=method, return_rule=True)
    except HTTPException:  # not found, or not this method: nothing is written of that
        return ""
    return path_of(rule)


def _body(kwargs: dict[str, Any]) -> bytes:
    if kwargs.get("json") is not None:
        return json.dumps(kwargs["json"]).encode()
    data = kwargs.get("data") or b""
    return data if isinstance(data, bytes) else b""


def _answered(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the schemas of answers: those that a response leads to, by any number of steps."""
    schemas = document["components"]["schemas"]
    waiting = set()
    for methods in document["paths"].values():
        for operation in methods.values():
            waiting |= _refs(operation["responses"])
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= _refs(schemas[name]) - seen
    return [schemas[name] for name in sorted(seen)]


def _refs(node: Any) -> set[str]:
    found = re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(node))
    return set(found)
