"""`apply` and `export`: what one writes, the other makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from relay.app import create_app
from relay.cli.shapes import USUAL
from relay.store import Store
from sandbox.server import Sandbox
from tests.command_line import ServedRelay, serving
from tests.conftest import MakeSettings
from tests.every_setting import EVERYTHING, SECRETS


@pytest.fixture
def relay(
    store: Store, make_settings: MakeSettings, sandbox: Sandbox, tmp_path: Path
) -> Iterator[ServedRelay]:
    """An empty relay, served, which may call the sandbox."""
    settings = make_settings(sandbox_url=sandbox.url)
    with serving(create_app(settings, store)) as url:
        yield ServedRelay(url, settings.admin_key, tmp_path / "relay.yaml", SECRETS)


def empty(store: Store) -> None:
    """Leave nothing in the store."""
    redis: Any = store.redis
    redis.flushall()


def changes(store: Store) -> list[Any]:
    """Give what tells whether anything was written."""
    return [each.revision for each in store.destinations.all()]


def test_a_file_with_every_setting_is_applied_once(relay: ServedRelay, store: Store) -> None:
    """The second time there is nothing to change, and nothing is written."""
    first = relay.apply(EVERYTHING, "--yes")
    before = changes(store)
    second = relay.apply(EVERYTHING, "--yes")
    dry = relay.apply(EVERYTHING, "--dry-run")

    assert (0, "4 to add, 0 to change, 0 to delete.") == (first.code, first.out.splitlines()[-5]), first
    assert (0, "Nothing to change.\n", 0) == (second.code, second.out, dry.code), second
    assert before == changes(store)
    states = {each.settings.id: each.state for each in store.destinations.all()}
    assert {"here": "active", "shares": "paused", "erase": "draft"} == states


def test_an_export_is_the_same_file_again(relay: ServedRelay, store: Store) -> None:
    """Applied where it came from it changes nothing; applied to an empty relay it makes the same, byte for byte."""
    relay.apply(EVERYTHING, "--yes")
    exported = relay.export()
    again = relay.apply(exported, "--yes")
    empty(store)
    made = relay.apply(exported, "--yes")

    assert (0, "Nothing to change.\n") == (again.code, again.out), again
    assert 0 == made.code, made
    assert exported == relay.export()


def test_an_export_is_the_file_that_was_applied_without_its_defaults(relay: ServedRelay) -> None:
    """Whoever wrote the one recognizes the other."""
    relay.apply(EVERYTHING, "--yes")
    wrote, exported = yaml.safe_load(EVERYTHING), yaml.safe_load(relay.export())

    for document in wrote["destinations"]:
        for name in ("constants", "allow"):
            document.pop(name, None)
    wrote["destinations"][0]["headers"] = {"X-Team": "rev-ops", "X-Other": "on"}
    del wrote["destinations"][2]["inbound"]["auth"]["parameter"]
    # PyYAML reads YAML 1.1, where the name `on` that people write is true.
    wrote["destinations"][0]["callback"]["on"] = wrote["destinations"][0]["callback"].pop(True)
    by_id = {each["id"]: each for each in wrote["destinations"]}
    assert by_id == {each["id"]: each for each in exported["destinations"]}
    assert wrote["credentials"] == exported["credentials"]


def test_a_part_can_be_exported(relay: ServedRelay) -> None:
    """By kind, by id."""
    relay.apply(EVERYTHING, "--yes")

    assert ["credentials"] == list(yaml.safe_load(relay.export("--credentials")))
    assert ["erase"] == [each["id"] for each in yaml.safe_load(relay.export("erase"))["destinations"]]
    unknown = relay.run("export", "nobody")
    assert (1, "There is nothing here with the id nobody.\n") == (unknown.code, unknown.err)


def test_defaults_are_those_of_the_relay(relay: ServedRelay, store: Store) -> None:
    """What the command line takes for the default of a setting is what the relay answers when it is left out."""
    del store
    smallest = """
credentials: [{id: acme, kind: sandbox}]
destinations: [{id: a, template: manual, credential: acme, inbound: {auth: {kind: query}}, batch: {},
  manual: {method: PUT, url: /a}, callback: {url: "http://127.0.0.1:9999/"}}]
"""
    assert 0 == relay.apply(smallest, "--yes").code
    exported = yaml.safe_load(relay.export())
    shown = relay.read("/destinations/a")

    auth = {"kind": "query", "key": "${A_INBOUND_KEY}"}
    assert {
        "id": "a",
        "template": "manual",
        "credential": "acme",
        "inbound": {"auth": auth},
        "manual": {"method": "PUT", "url": shown["manual"]["url"]},
        "batch": {},
        "callback": {"url": "http://127.0.0.1:9999/", "secret": "${A_CALLBACK_SECRET}"},
        "state": "draft",
    } == exported["destinations"][0]
    answered = {"id", "template", "credential", "state", "paused_because", "counts"}
    answered |= {"created_at", "updated_at", "activated_at"}
    assert set(USUAL["destination"]) == set(shown) - answered
    assert set(USUAL["destination"]["delivery"]) == set(shown["delivery"])
    assert set(USUAL["destination"]["batch"]) == set(shown["batch"])
