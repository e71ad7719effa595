"""The OpenAPI document: the routes that Flask has, with what `operations` says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from relay.api.scopes import needed_scope
from relay.openapi.bodies import body_of
from relay.openapi.components import HEADERS, SECURITY, SECURITY_SCHEMES, add_records
from relay.openapi.converter import Plugin, component_name
from relay.openapi.operations import OPERATIONS
from relay.openapi.operations.model import Operation
from relay.openapi.parameters import called, parameters_of
from relay.openapi.replies import responses_of

VERSION = "0.1.0"
TITLE = "Calendly Relay"
INTRODUCTION = """Upstream systems send records to the relay. Each destination has one inbound route, and is one Calendly \
endpoint plus the settings that turn a record into a call to it. A record that is answered with `202` is stored, becomes a \
delivery, and is delivered within the account's rate limit; the outcome goes to the destination's callback.

Bodies are JSON in UTF-8. Names that are not known are refused, null means left out, and moments are ISO 8601 with a zone. \
Every answer carries `X-Request-Id`; a request may bring its own (up to 64 letters, digits, dots, hyphens and underscores). \
Answers may gain names in later releases, so pass over those that you do not know."""


def document_of(app: Flask, address: str) -> dict[str, Any]:
    """Make the document of an application whose public address is `address`. Raises KeyError for an unknown route."""
    plugin = Plugin(schema_name_resolver=component_name)
    spec = APISpec(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": INTRODUCTION, "license": {"name": "MIT", "identifier": "MIT"}},
        servers=[{"url": address}],
        tags=[{"name": tag} for tag in dict.fromkeys(each.tag for each in OPERATIONS.values())],
    )
    add_records(spec)
    for name, header in HEADERS.items():
        spec.components.header(name, header)
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for path, methods in _paths(app).items():
        spec.path(path=path, operations={method: _operation(spec, *each) for method, each in methods.items()})
    made: dict[str, Any] = spec.to_dict()
    made["components"]["schemas"] = dict(sorted(made["components"]["schemas"].items()))
    return made


def routes_of(app: Flask) -> Iterator[tuple[str, str, Rule]]:
    """Give each path of the application as the document has it, with its method in small letters and its rule."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield path_of(rule), method.lower(), rule


def path_of(rule: Rule) -> str:
    """Give the path of a rule as the document has it."""
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", "{" + called(name) + "}")
    return path


def _paths(app: Flask) -> Mapping[str, dict[str, tuple[Operation, Rule]]]:
    """Group what Flask has by path, in the order in which OPERATIONS tells it."""
    order = list(OPERATIONS)
    found = [(path, method, rule, OPERATIONS[rule.endpoint]) for path, method, rule in routes_of(app)]
    grouped: dict[str, dict[str, tuple[Operation, Rule]]] = {}
    for path, method, rule, operation in sorted(found, key=lambda each: order.index(each[2].endpoint)):
        grouped.setdefault(path, {})[method] = (operation, rule)
    return grouped


def _operation(spec: APISpec, operation: Operation, rule: Rule) -> dict[str, Any]:
    parameters = parameters_of(spec, operation, rule)
    scope = needed_scope(rule.endpoint) if operation.security == "admin" else ""
    return {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body_of(spec, operation.body)} if operation.body else {}),
        "responses": responses_of(operation, scope),
        "security": [{"admin": [scope]}] if scope else SECURITY[operation.security],
    }
