"""Setting up the demo destination, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.client import Client
from local.data_dir import DataDir
from local.errors import CannotStart
from local.furnish import DemoRoute, demo_route, furnish, remove, sample_record

SANDBOX_URL = "http://127.0.0.1:8001"
DESTINATION = "/api/v1/destinations/send-booking-link"
CREDENTIAL = "/api/v1/credentials/sandbox"


class Answering(Client):
    """A server that gives prepared answers and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers or {}
        self.calls: list[tuple[str, str]] = []
        self.bodies: dict[str, Any] = {}

    def call(
        self, method: str, path: str, body: object = None, *, expected: frozenset[int] = frozenset()
    ) -> Any:
        """Remember the call, and answer as prepared; None stands for an expected refusal."""
        self.calls.append((method, path))
        self.bodies[f"{method} {path}"] = body
        return self.answers.get(f"{method} {path}")

    @property
    def changes(self) -> list[tuple[str, str]]:
        """What was asked for beyond reading."""
        return [call for call in self.calls if call[0] != "GET"]


def a_route(tmp_path: Path) -> DemoRoute:
    """Give the route of a folder whose keys are old."""
    demo_route(DataDir(tmp_path), SANDBOX_URL)
    return demo_route(DataDir(tmp_path), SANDBOX_URL)


def standing(**changes: Any) -> dict[str, Any]:
    """Give the answers of a relay that has the destination."""
    found = {"state": "active", "callback": {"url": SANDBOX_URL + "/callbacks/demo"}, **changes}
    return {f"GET {CREDENTIAL}": {"id": "sandbox"}, f"GET {DESTINATION}": found}


def test_an_empty_relay_gets_credential_and_active_destination(tmp_path: Path) -> None:
    """The destination has keys, calls back to the sandbox, and is switched on."""
    relay = Answering({"POST /api/v1/destinations": {"state": "draft"}})
    route = a_route(tmp_path)

    furnish(relay, Answering(), route)

    assert [
        ("POST", "/api/v1/credentials"),
        ("POST", "/api/v1/destinations"),
        ("POST", f"{DESTINATION}/activate"),
    ] == relay.changes
    sent = relay.bodies["POST /api/v1/destinations"]
    assert {"auth": {"kind": "bearer", "key": route.inbound_key}} == sent["inbound"]
    assert {"url": f"{SANDBOX_URL}/callbacks/demo", "secret": route.callback_secret} == sent["callback"]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """What stands stays."""
    relay = Answering(standing())

    furnish(relay, Answering(), a_route(tmp_path))

    assert [] == relay.changes


def test_a_destination_that_somebody_paused_stays_paused(tmp_path: Path) -> None:
    """Only a draft is activated."""
    relay = Answering(standing(state="paused"))

    furnish(relay, Answering(), a_route(tmp_path))

    assert [] == relay.changes


@pytest.mark.parametrize("callback", [None, {"url": "https://crm.example/hooks/calendly"}])
def test_a_callback_that_somebody_changed_stays(tmp_path: Path, callback: dict[str, str] | None) -> None:
    """The house moves its own address only."""
    relay = Answering(standing(callback=callback))

    furnish(relay, Answering(), a_route(tmp_path))

    assert [] == relay.changes


def test_the_callback_follows_a_sandbox_that_moved(tmp_path: Path) -> None:
    """Another port than last time is told to the destination."""
    relay = Answering(standing(callback={"url": "http://127.0.0.1:9999/callbacks/demo"}))

    furnish(relay, Answering(), a_route(tmp_path))

    assert [("PATCH", DESTINATION)] == relay.changes
    assert SANDBOX_URL + "/callbacks/demo" == relay.bodies[f"PATCH {DESTINATION}"]["callback"]["url"]


def test_new_keys_are_told_to_a_destination_that_stands(tmp_path: Path) -> None:
    """A Redis that outlived the data folder would expect the old ones."""
    relay = Answering(standing())

    furnish(relay, Answering(), demo_route(DataDir(tmp_path), SANDBOX_URL))

    assert [("PATCH", DESTINATION)] == relay.changes


def test_the_sandbox_is_told_the_signing_secret(tmp_path: Path) -> None:
    """Its page can then say that a signature verified."""
    sandbox, route = Answering(), a_route(tmp_path)

    furnish(Answering(standing()), sandbox, route)

    assert {"secret": route.callback_secret} == sandbox.bodies["PUT /_sandbox/callbacks/demo/secret"]
    assert route.callback_secret.startswith("whsec_")


def test_a_demo_in_a_shared_redis_takes_its_things_away(tmp_path: Path) -> None:
    """Destination first: a credential in use cannot go."""
    relay = Answering()

    remove(relay, demo_route(DataDir(tmp_path), SANDBOX_URL, "-1f"))

    assert [
        ("DELETE", "/api/v1/destinations/send-booking-link-1f"),
        ("DELETE", "/api/v1/credentials/sandbox-1f"),
    ] == relay.changes


def test_the_sample_record_names_an_event_type_of_the_sandbox() -> None:
    """It is asked for as Calendly would be asked."""
    owner, event_type = "https://api.calendly.com/users/U", "https://api.calendly.com/event_types/E"
    sandbox = Answering(
        {
            "GET /users/me": {"resource": {"uri": owner}},
            "GET /event_types?active=true&user=https%3A%2F%2Fapi.calendly.com%2Fusers%2FU": {
                "collection": [{"uri": event_type}]
            },
        }
    )

    assert event_type == sample_record(sandbox)["owner"]


def test_a_sandbox_without_event_types_is_said() -> None:
    """The banner's line would not work."""
    sandbox = Answering(
        {
            "GET /users/me": {"resource": {"uri": "u"}},
            "GET /event_types?active=true&user=u": {"collection": []},
        }
    )

    with pytest.raises(CannotStart, match="no event type"):
        sample_record(sandbox)
