"""Every route of the management API says what a key must be allowed to do."""

from __future__ import annotations

import pytest

from relay.api.deeds import NAMES
from relay.api.scopes import NEEDED, needed_scope
from relay.app import create_app
from relay.config import Settings
from relay.model.admin_key import ROOT, SCOPES, AdminKey, Scope

APP = create_app(Settings(redis_url="redis://127.0.0.1:1", secret_keys=("x" * 32,), admin_key="x" * 16))
ROUTES = {
    rule.endpoint.removeprefix("api."): rule.methods or set()
    for rule in APP.url_map.iter_rules()
    if rule.endpoint.startswith("api.")
}


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    """A new route says what it takes before anybody can call it by mistake."""
    assert set(ROUTES) == set(NEEDED)


def test_reading_is_what_get_does() -> None:
    """Whatever writes takes more, and what stands in the audit by a name of its own is no reading."""
    assert {view for view, methods in ROUTES.items() if "GET" in methods} == {
        view for view, scope in NEEDED.items() if scope == "read"
    }
    assert not {view for view in NAMES if NEEDED[view] == "read"}


def test_what_nobody_thought_of_takes_the_most() -> None:
    """A mistake in the table shuts a route, and opens none."""
    assert "admin" == needed_scope("api.things.forgotten")
    assert "admin" == needed_scope("")


def test_what_deletes_changes_settings_or_shows_secrets_is_for_administrators() -> None:
    """By the method, or by name."""
    changing = {view for view, methods in ROUTES.items() if methods & {"PATCH", "PUT", "DELETE"}}
    making = {
        view for view in ROUTES if view.partition(".")[2].startswith(("create_", "rotate_", "connect_"))
    }

    assert {"admin"} == {NEEDED[view] for view in changing | making}


@pytest.mark.parametrize(
    ("scope", "may"), [("read", ["read"]), ("operate", ["read", "operate"]), ("admin", [*SCOPES])]
)
def test_a_scope_covers_those_before_it(scope: Scope, may: list[str]) -> None:
    """And none behind it."""
    key = AdminKey(id="", name="", scope=scope, digest="")

    assert may == [each for each in SCOPES if key.may(each)]


def test_the_settings_own_key_never_ends() -> None:
    """When every other key is lost, it opens the relay."""
    assert (True, False, False) == (ROOT.may("admin"), ROOT.expired(1e12), ROOT.expires_soon(1e12))
