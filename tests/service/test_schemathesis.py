"""Whatever the OpenAPI document allows, and much that it forbids: nothing fails, and nothing undocumented is answered.

Requests are made from the document by schemathesis, always the same ones, against the whole application with a real
Redis and the sandbox as Calendly. Each operation begins with the same things in the store.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from relay.app import create_app
from relay.config import Settings
from relay.openapi.document import document_of
from relay.store import Lane, Store
from relay.store.attempts import Ending, NewCallback
from sandbox.server import Sandbox
from tests.over_http import SCHEDULING_RECORD, OverHttp, a_destination, keep_credential

MakeSettings = Callable[..., Settings]

SETTINGS = Settings(redis_url="redis://127.0.0.1:1", secret_keys=("x" * 32,), admin_key="x" * 16)
NOBODY = "nobody"
# What stands in the store, by the first step of a path; `web` makes it.
IDS = {
    "credentials": ["acme", "connected-by-oauth", "unused", NOBODY],
    "destinations": ["booking-links", "by-hand", NOBODY],
    "in": ["booking-links", "by-hand", NOBODY],
    "deliveries": ["waiting", "dead", "uncertain", NOBODY],
}
# What these take depends on more than a schema can say: on expressions, on what stands in the store, on earlier answers, on two names at once.
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
    "forget_person",
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


DOCUMENT = narrowed(document_of(create_app(SETTINGS), "http://127.0.0.1:8000"))


@cache
def tried() -> Any:
    """Give what makes the requests, made once in a process."""
    return import_module("tests.by_schemathesis").Tried(DOCUMENT)


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
    may_refuse = DOCUMENT["paths"][path][method]["operationId"] in MAY_REFUSE

    tried().operation(path, method, web, deliveries, may_refuse=may_refuse)
