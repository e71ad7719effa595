"""Whatever is sent, the relay answers with a success or a problem, and never fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.config import Settings
from relay.store import Store
from sandbox.server import Sandbox
from tests.over_http import OverHttp, a_destination, keep_credential
from tests.problems import TYPE

MakeSettings = Callable[..., Settings]
NAMES = [
    *(
        "id",
        "kind",
        "token",
        "organization",
        "rate",
        "limit",
        "window",
        "name",
        "template",
        "credential",
        "inbound",
    ),
    *(
        "auth",
        "key",
        "username",
        "password",
        "parameter",
        "callback",
        "url",
        "secret",
        "delivery",
        "concurrency",
    ),
    *("since", "until", "dry_run", "discard", "as", "note"),
    *("allow", "owner_type", "when_inactive", "state", "acknowledge", "owner", "max_event_count", "counts"),
]
WORDS = [
    "acme",
    "bearer",
    "basic",
    "query",
    "sandbox",
    "create_scheduling_link",
    "••••",
    "https://crm.example/",
    "dead",
    "uncertain",
    "may_repeat",
    "2026-11-22T16:00:00Z",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(WORDS)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | TEXT, below, max_size=4)
    ),
    max_leaves=10,
)
ROUTES = [
    ("PATCH", "/api/v1/credentials/acme"),
    ("POST", "/api/v1/destinations"),
    ("PATCH", "/api/v1/destinations/booking-links"),
    ("POST", "/api/v1/destinations/booking-links/activate"),
    ("POST", "/api/v1/destinations/booking-links/pause"),
    ("POST", "/api/v1/destinations/booking-links/replay"),
    ("DELETE", "/api/v1/destinations/booking-links"),
    ("POST", "/in/open-door"),
]


@pytest.fixture
def web(make_settings: MakeSettings, store: Store, sandbox: Sandbox) -> OverHttp:
    """A relay with two destinations, one of which takes the admin key as its own; Calendly is the sandbox."""
    keep_credential(store)
    web = OverHttp(make_settings(calendly_api_url=sandbox.url), store)
    web.api("POST", "/destinations", a_destination())
    auth = {"kind": "bearer", "key": web.settings.admin_key}
    web.api("POST", "/destinations", a_destination(id="open-door", inbound={"auth": auth}))
    return web


@pytest.mark.parametrize(("method", "path"), ROUTES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6) | JSON)
def test_any_json_is_answered(web: OverHttp, method: str, path: str, body: Any) -> None:
    """With less than 500, and with a problem where it is refused."""
    answer = web.client.open(
        path, method=method, json=body, headers={"Authorization": f"Bearer {web.settings.admin_key}"}
    )

    told = answer.get_json()
    assert answer.status_code < 400 or (answer.status_code < 500 and told["type"].startswith(TYPE)), told


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["destination", "state", "since", "until", "record", "limit", "cursor"]), TEXT
    )
)
def test_any_filter_is_answered(web: OverHttp, query: dict[str, str]) -> None:
    """A list or a problem."""
    answer = web.client.get(
        "/api/v1/deliveries",
        query_string=query,
        headers={"Authorization": f"Bearer {web.settings.admin_key}"},
    )

    assert answer.status_code in {200, 400, 422}, answer.get_json()
