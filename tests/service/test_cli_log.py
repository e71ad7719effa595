"""`deliveries`, `show`, `retry`, `cancel` and `check` against the real application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import ServedRelay, serving
from tests.rig import Rig

OWNER = "https://api.calendly.com/event_types/EVENTTYPEINTRO01"


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay with a destination that makes booking links."""
    rig.destination("create_scheduling_link")
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", {})


def test_the_log_is_a_table_newest_first(relay: ServedRelay, rig: Rig) -> None:
    """With what somebody needs to look further."""
    ids = rig.accept([{"owner": OWNER, "deal": f"D-{number}"} for number in range(3)])
    ended = relay.run("deliveries", "--limit", 2)

    head, *lines = ended.out.splitlines()
    assert ["ID", "DESTINATION", "STATE", "ACCEPTED", "TRIES", "WHY"] == head.split()
    assert [[ids[2], "here", "queued"], [ids[1], "here", "queued"]] == [line.split()[:3] for line in lines]


def test_the_log_can_be_searched_and_read_by_programs(relay: ServedRelay, rig: Rig) -> None:
    """One JSON object a line."""
    ids = rig.accept([{"owner": OWNER, "deal": f"D-{number}"} for number in range(30)])
    rig.drain()
    found = relay.run("deliveries", "--record", "d-17", "--state", "delivered", "--since", "1h", "--json")
    nothing = relay.run("deliveries", "--until", "2h")

    assert [ids[17]] == [json.loads(line)["id"] for line in found.out.splitlines()]
    assert (0, "", "No deliveries fit.\n") == (nothing.code, nothing.out, nothing.err)


def test_many_pages_are_one_list(relay: ServedRelay, rig: Rig) -> None:
    """A page of the relay's holds 200."""
    rig.accept([{"owner": OWNER, "deal": f"D-{number}"} for number in range(300)])
    ended = relay.run("deliveries", "--limit", 250, "--json")

    assert 250 == len({json.loads(line)["id"] for line in ended.out.splitlines()})


def test_one_delivery_is_shown_whole(relay: ServedRelay, rig: Rig) -> None:
    """Records, attempts, request, answer and callback, and nothing of it moves the terminal."""
    [identifier] = rig.accept({"owner": OWNER, "deal": "D-1\u001b[31m"})
    rig.drain()
    ended = relay.run("show", identifier)

    head, *lines = ended.out.splitlines()
    assert f"{identifier} of here (create_scheduling_link): delivered" == head
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert ["Records", "Attempts", "Request", "Response"] == titles[:4]
    assert titles[4].startswith("Callback ")
    assert '    "deal": "D-1\\u001b[31m"' in lines
    assert f"  POST {rig.sandbox.url}/scheduling_links" in lines
    assert "  201" in lines
    assert json.loads(relay.run("show", identifier, "--json").out)["id"] == identifier


def test_a_delivery_is_canceled_and_retried(relay: ServedRelay, rig: Rig) -> None:
    """Each time the new state is told, and a refusal in the relay's words."""
    [identifier] = rig.accept({"owner": OWNER})
    canceled, again, retried = (relay.run(each, identifier) for each in ("cancel", "cancel", "retry"))

    assert (0, f"{identifier} of here is canceled now.\n") == (canceled.code, canceled.out)
    assert (1, True) == (again.code, "this one is canceled." in again.err)
    assert (0, f"{identifier} of here is queued now.\n") == (retried.code, retried.out)


def test_an_unknown_delivery_is_told(relay: ServedRelay) -> None:
    """Whatever somebody typed."""
    for typed in ("dlv_nothing", "../../readyz", "a b?c"):
        ended = relay.run("show", typed)

        assert (1, "") == (ended.code, ended.out)
        assert "The relay refused this (404)" in ended.err


def test_check_names_what_fails(relay: ServedRelay, rig: Rig) -> None:
    """Redis answers, no worker runs in this ring, and Calendly is asked about each credential."""
    rig.destination("create_scheduling_link", "idle", activate=False)
    without = relay.run("check")
    rig.store.presence.note("w1")
    rig.store.destinations.pause_if_active("here", "Calendly refused the token.")
    ended = relay.run("check", "--json")

    assert 1 == without.code
    assert [["ok", "redis"], ["failed", "workers"]] == [
        line.split()[:2] for line in without.out.splitlines()[:2]
    ]
    assert {
        "redis": "ok",
        "workers": "ok",
        "redis persistence": "warning",
        "credential acme": "ok",
        "destination here": "failed",
        "destination idle": "draft",
    } == {(found := json.loads(line))["what"]: found["verdict"] for line in ended.out.splitlines()}
    assert "Calendly refused the token." in ended.out


def test_check_fails_where_nothing_can_be_accepted(relay: ServedRelay, rig: Rig) -> None:
    """Redis answers and a worker runs, and yet `/readyz` says no."""
    rig.store.presence.note("w1")
    assert 0 == relay.run("check").code
    rig.store.redis.flushall()
    rig.store.presence.note("w1")

    ended = relay.run("check", "--json")

    told = {(found := json.loads(line))["what"]: found for line in ended.out.splitlines()}
    assert (1, "failed") == (ended.code, told["ready"]["verdict"]), ended.out
    assert "lost its data" in told["ready"]["detail"]


def test_a_busy_calendly_is_no_failure(relay: ServedRelay, rig: Rig) -> None:
    """It says nothing against the token; any other answer that is of no use does fail."""
    rig.store.presence.note("w1")
    rig.sandbox.faults.add("429", match={"path": "/users/me"})
    busy = relay.run("check")
    rig.sandbox.faults.add("503", match={"path": "/users/me"})
    silent = relay.run("check")

    told = next(line for line in busy.out.splitlines() if "credential acme" in line)
    assert (0, ["ok", "credential", "acme", "busy:"]) == (busy.code, told.split()[:4]), busy.out
    told = next(line for line in silent.out.splitlines() if "credential acme" in line)
    assert (1, ["failed", "credential", "acme"]) == (silent.code, told.split()[:3]), silent.out


def test_a_wrong_admin_key_is_told_without_showing_it(relay: ServedRelay) -> None:
    """With the ways to give another."""
    ended = relay.run("deliveries", RELAY_ADMIN_KEY="wrong-admin-key-0000")

    assert 1 == ended.code
    assert "Is the key the right one?" in ended.err
    assert "wrong-admin-key-0000" not in ended.err
