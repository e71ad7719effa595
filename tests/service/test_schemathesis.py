"""Whatever the OpenAPI document allows, and much that it forbids: nothing fails, and nothing undocumented is answered.

Requests are made from the document by schemathesis, always the same ones, against the whole application with a real
Redis and the sandbox as Calendly. Each operation begins with the same things in the store.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relay.app import create_app
from relay.config import Settings
from relay.openapi.document import document_of
from relay.store import Lane, Store
from relay.store.lanes import Ending, NewCallback
from sandbox.server import Sandbox
from tests.over_http import KEY, SCHEDULING_RECORD, OverHttp, a_destination, keep_credential

MakeSettings = Callable[..., Settings]

SETTINGS = Settings(redis_url="redis://127.0.0.1:1", secret_keys=("x" * 32,), admin_key="x" * 16)
EXAMPLES = 4  # requests of each operation that chance makes, besides those that try every bound
NOBODY = "nobody"
# What stands in the store, by the first step of a path; `web` makes it.
IDS = {
    "credentials": ["acme", "connected-by-oauth", "unused", NOBODY],
    "destinations": ["booking-links", "by-hand", NOBODY],
    "in": ["booking-links", "by-hand", NOBODY],
    "deliveries": ["waiting", "dead", "uncertain", NOBODY],
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# What these take depends on more than a schema can say: on expressions, on what stands in the store, on two names at once.
MAY_REFUSE = {
    "send_records",
    "create_credential",
    "change_credential",
    "create_destination",
    "change_destination",
    "preview_calls",
    "send_test",
    "replay_deliveries",
    "rotate_callback_secret",
    "come_back_from_calendly",
    "create_key",
    "change_key",
}


def narrowed(document: dict[str, Any]) -> dict[str, Any]:
    """Give the document with paths that lead to what is there: of ids that chance makes, none exists."""
    made = copy.deepcopy(document)
    for path, methods in made["paths"].items():
        known = IDS.get(path.removeprefix("/api/v1").split("/")[1])
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and known:
                    parameter["schema"] = {"type": "string", "enum": known}
                    del parameter["example"]
    return made


@schemathesis.serializer("application/x-ndjson")
def lines(_context: Any, value: Any) -> bytes:
    """Write what chance makes of a text of lines."""
    return str(value).encode("utf-8", "replace")


DOCUMENT = narrowed(document_of(create_app(SETTINGS), "http://127.0.0.1:8000"))
FIXED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
schema = schemathesis.openapi.from_dict(
    DOCUMENT,
    config=SchemathesisConfig.from_dict(
        {
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": True,
                "database": "none",
                "with-security-parameters": False,  # the right keys go with every request
            },
            "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]}},
        }
    ),
)


@pytest.fixture
def web(make_settings: MakeSettings, store: Store, sandbox: Sandbox) -> OverHttp:
    """A relay with something of everything."""
    settings = make_settings(
        calendly_api_url=sandbox.url, calendly_auth_url=sandbox.url, client_id="relay", client_secret="secret"
    )
    keep_credential(store)
    keep_credential(store, "unused")
    keep_credential(store, "connected-by-oauth", kind="oauth")
    web = OverHttp(settings, store)
    callback = {"url": sandbox.callback_url("booking-links")}
    web.api("POST", "/destinations", a_destination(callback=callback))
    manual = {"method": "POST", "url": "/shares"}
    web.api("POST", "/destinations", a_destination(id="by-hand", template="manual", manual=manual))
    return web


@pytest.fixture
def deliveries(web: OverHttp, store: Store) -> dict[str, str]:
    """Give the ids of three deliveries: one waits, one is dead, and nobody knows what became of one."""
    accepted = web.post("booking-links", [SCHEDULING_RECORD] * 3).get_json()["accepted"]
    web.api("POST", "/destinations/booking-links/activate")
    lane = Lane("delivery", "booking-links")
    lease = store.lanes.lease(lane)
    assert lease is not None
    for state in ("dead", "uncertain"):
        (claimed,) = store.lanes.claim(lease, 1).attempts
        told = {"verdict": "refused", "status": 404, "reason": "Not Found", "decision": "settled"}
        callback = NewCallback(
            id=store.new_callback_id("booking-links"),
            type=f"delivery.{state}",
            payload="{}",
            url="https://crm.example",
        )
        ending = Ending(state=state, attempt=told, spent=1, keep=1000, callback=callback)
        store.lanes.settle(lane, claimed.id, claimed.token, claimed.number, ending)
    store.lanes.release(lease)
    return dict(zip(("dead", "uncertain", "waiting"), (each["delivery"] for each in accepted), strict=True))


OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_the_document_says_holds(
    path: str, method: str, web: OverHttp, deliveries: dict[str, str]
) -> None:
    """No failure, no undocumented answer, and no answer that differs from its description."""

    def check(case: Case[Any]) -> None:
        for name, value in (case.path_parameters or {}).items():
            case.path_parameters[name] = deliveries.get(value, value)
        case.call_and_validate(app=web.app, headers=keys_for(case, web), checks=checks_for(case))

    # Its own `schema.parametrize()` makes the requests of every operation in every process that collects tests.
    build_operation_test(
        config=schema.config,
        operation=schema[path][method.upper()],
        test_func=check,
        given_kwargs={},
        feedback=FeedbackSources(),
        explicit_settings=FIXED,
    )()


def checks_for(case: Case[Any]) -> list[Any]:
    """Give what has to hold: where the schema tells all, what it allows is taken."""
    may_refuse = case.operation.definition.raw["operationId"] in MAY_REFUSE
    return CHECKS if may_refuse else [*CHECKS, positive_data_acceptance]


def keys_for(case: Case[Any], web: OverHttp) -> dict[str, str]:
    """Give the key that an operation asks for."""
    key = KEY if case.operation.path.startswith("/in/") else web.settings.admin_key
    return {"Authorization": f"Bearer {key}"}
