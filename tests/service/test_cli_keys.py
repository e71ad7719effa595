"""`keys` against the real application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import ServedRelay, serving
from tests.rig import Rig


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay, served."""
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", {})


def test_a_key_is_made_used_and_revoked(relay: ServedRelay, tmp_path: Path) -> None:
    """What is printed can be piped into a file, and opens what its scope says."""
    made = relay.run("keys", "create", "Ana Lima", "--scope", "operate", "--expires", "6d")
    file = tmp_path / "ana.key"
    file.write_text(made.out, encoding="utf-8")
    looked = relay.run("deliveries", "--key-file", file, RELAY_ADMIN_KEY="")
    refused = relay.run("keys", "create", "Other", "--scope", "admin", "--key-file", file)
    listed = relay.run("keys", "list")
    alone = relay.run("keys", "revoke", "Ana Lima")
    revoked = relay.run("keys", "revoke", "Ana Lima", "--yes")
    after = relay.run("deliveries", "--key-file", file)

    assert (0, 1) == (made.code, len(made.out.splitlines())), made.err
    assert made.out.startswith("rly_")
    assert "“Ana Lima” with the scope operate, until " in made.err
    assert 0 == looked.code, looked.err
    assert "The key that was used ends at " in looked.err
    assert 1 == refused.code
    assert "This takes a key with the scope admin; “Ana Lima” has the scope operate." in refused.err
    assert ["ID", "Ana Lima", "operate"] == [
        text for text in ("ID", "Ana Lima", "operate") if text in listed.out
    ]
    assert made.out.strip() not in listed.out
    assert (3, 0, "Revoked Ana Lima.\n") == (alone.code, revoked.code, revoked.out)
    assert (1, True) == (after.code, "(401)" in after.err)


def test_a_key_that_is_not_there_is_named(relay: ServedRelay) -> None:
    """Nothing is revoked then. An id is an id, whatever the name of another key."""
    relay.run("keys", "create", "Grafana", "--scope", "read")
    (identifier,) = [each["id"] for each in _listed(relay)]
    relay.run("keys", "create", identifier, "--scope", "read")

    unknown = relay.run("keys", "revoke", "Metabase", "--yes")
    by_id = relay.run("keys", "revoke", identifier, "--yes")

    assert (1, "No key has the name or the id “Metabase”.\n") == (unknown.code, unknown.err)
    assert (0, [identifier]) == (by_id.code, [each["name"] for each in _listed(relay)])


@pytest.mark.parametrize("options", [["--scope", "root"], [], ["--scope", "read", "--expires", "soon"]])
def test_wrong_options_are_told(relay: ServedRelay, options: list[str]) -> None:
    """Before anything is asked."""
    assert 64 == relay.run("keys", "create", "Grafana", *options).code


def test_the_relay_says_what_is_wrong_with_a_key(relay: ServedRelay) -> None:
    """An end that has passed, and a name that is taken."""
    past = relay.run("keys", "create", "Grafana", "--scope", "read", "--expires", "2020-01-01")
    relay.run("keys", "create", "Grafana", "--scope", "read")
    taken = relay.run("keys", "create", "grafana", "--scope", "read")

    assert (1, True) == (past.code, "#/expires_at: should lie ahead" in past.err)
    assert (1, True) == (taken.code, "(409): A key named “grafana” exists." in taken.err)


def _listed(relay: ServedRelay) -> list[dict[str, str]]:
    return [json.loads(line) for line in relay.run("keys", "list", "--json").out.splitlines()]
