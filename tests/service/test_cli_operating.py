"""`preview`, `test`, `resolve`, `replay` and deletions against the real application."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command_line import ServedRelay, serving
from tests.rig import Rig

OWNER = "https://api.calendly.com/event_types/EVENTTYPEINTRO01"
NOBODY = "https://api.calendly.com/event_types/NOSUCHEVENTTYPE1"


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[ServedRelay]:
    """A relay with a destination that makes booking links."""
    rig.destination("create_scheduling_link")
    with serving(rig.client.application) as url:
        yield ServedRelay(url, rig.settings.admin_key, tmp_path / "relay.yaml", {})


@contextmanager
def serving_lanes(rig: Rig) -> Iterator[None]:
    """Serve lanes beside the test, as a worker would."""
    over = threading.Event()

    def serve() -> None:
        while not over.wait(0.02):
            rig.forget_who_was_asked()
            rig.turn()

    rig.store.presence.note("w1")
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_preview_is_the_call_that_is_made(relay: ServedRelay, rig: Rig, tmp_path: Path) -> None:
    """The URL and the body are those that Calendly gets."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"owner": OWNER, "deal": "D-1"}), encoding="utf-8")
    shown = relay.run("preview", "here", file)
    found = json.loads(relay.run("preview", "here", file, "--json").out)
    [identifier] = rig.accept({"owner": OWNER, "deal": "D-1"})
    rig.drain()

    assert f"POST {rig.sandbox.url}/scheduling_links  (record 1)" == shown.out.splitlines()[0]
    made = rig.delivery(identifier).request
    assert made is not None
    assert [(made["method"], made["url"], made["body"])] == [
        (each["method"], each["url"], each["body"]) for each in found["calls"]
    ]


def test_a_preview_without_records_says_whose_they_are(relay: ServedRelay) -> None:
    """Nothing has come yet, so it is the template's example."""
    ended = relay.run("preview", "here")

    assert (0, "This is the template's example.") == (ended.code, ended.out.splitlines()[0]), ended.err


def test_a_preview_takes_a_body_where_the_destination_looks_into_it(
    relay: ServedRelay, rig: Rig, tmp_path: Path
) -> None:
    """As upstream would send it; the same for a dry run of a whole file."""
    rig.manage("PATCH", "/destinations/here", {"inbound": {"records": "events[*]"}})
    file = tmp_path / "body.ndjson"
    body = json.dumps({"events": [{"owner": OWNER}, {"owner": "nonsense"}]})
    file.write_text(body, encoding="utf-8")
    shown = relay.run("preview", "here", file)
    file.write_text(f"{body}\n{body}\n", encoding="utf-8")
    dry = relay.run("send", "here", file, "--dry-run")

    assert (1, 1) == (shown.code, shown.out.count("POST ")), shown.err
    assert "record 2 is rejected: #/owner" in shown.out
    assert "Nothing was sent: 2 would be accepted, 2 rejected, 0 skipped.\n" == dry.out, dry.err
    assert ["line 1", "line 2"] == [line[:6] for line in dry.err.splitlines()]


def test_a_test_shows_calendlys_answer(relay: ServedRelay, rig: Rig, tmp_path: Path) -> None:
    """And is in the log, marked as a test."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"owner": OWNER}), encoding="utf-8")
    with serving_lanes(rig):
        ended = relay.run("test", "here", file, "--yes")
        refused = relay.run("test", "here", "-", "--yes", given=json.dumps({"owner": NOBODY}))

    assert 0 == ended.code, ended
    assert ended.out.splitlines()[0].endswith("of here (create_scheduling_link, a test): delivered")
    assert "booking_url" in ended.out
    assert (1, True) == (refused.code, "dead" in refused.out.splitlines()[0]), refused
    assert 2 == relay.run("deliveries").out.count("test;") + relay.run("deliveries").out.count("test\n")


def test_dead_deliveries_are_replayed(relay: ServedRelay, rig: Rig) -> None:
    """Counted first."""
    rig.accept([{"owner": NOBODY, "deal": f"D-{number}"} for number in range(3)])
    rig.drain()
    counted = relay.run("replay", "here", "--state", "dead", "--since", "1h", "--dry-run")
    done = relay.run("replay", "here", "--state", "dead", "--since", "1h", "--limit", 2, "--yes")

    assert (0, "Deliveries of here that are dead and fit: 3.\n") == (counted.code, counted.out), counted.err
    assert "Queued again: 2." == done.out.splitlines()[-1], done.err
    assert {"queued": 2, "dead": 1} == rig.states()


def test_uncertain_deliveries_need_a_word_more(relay: ServedRelay, rig: Rig) -> None:
    """Their calls may be made twice; the option that agrees to that is named."""
    make_uncertain(rig)
    without = relay.run("replay", "here", "--state", "uncertain", "--yes")
    counted = relay.run("replay", "here", "--state", "uncertain", "--may-repeat", "--dry-run")

    assert (1, True) == (without.code, "--may-repeat" in without.err and "#/" not in without.err), without
    assert (0, "Deliveries of here that are uncertain and fit: 1.\n") == (counted.code, counted.out)


def test_an_uncertain_delivery_is_resolved(relay: ServedRelay, rig: Rig) -> None:
    """As somebody found it in Calendly."""
    identifier = make_uncertain(rig)
    ended = relay.run("resolve", identifier, "--as", "delivered", "--note", "Ana saw it")

    assert (0, f"{identifier} of here is delivered now.\n") == (ended.code, ended.out), ended.err
    assert "Ana saw it" in relay.run("show", identifier).out


def test_a_destination_is_pruned_with_what_waits_in_it(relay: ServedRelay, rig: Rig) -> None:
    """Only when their number is said."""
    rig.manage("POST", "/destinations/here/pause")
    rig.accept([{"owner": OWNER}, {"owner": OWNER}])
    refused = relay.apply("destinations: []", "--prune", "--yes")
    done = relay.apply("destinations: []", "--prune", "--yes", "--discard", "here=2")

    assert (3, True) == (refused.code, "--discard here=2" in refused.err)
    assert (0, []) == (done.code, rig.manage("GET", "/destinations")["destinations"]), done.err


def make_uncertain(rig: Rig) -> str:
    """Give a delivery after whose calls Calendly was silent."""
    rig.sandbox.faults.add("cut_after", match={"method": "POST"}, times=2)
    [identifier] = rig.accept({"owner": OWNER})
    assert "uncertain" == rig.outcome(identifier).state
    return identifier


def test_all_of_a_credential_is_paused_and_resumed(relay: ServedRelay, rig: Rig) -> None:
    """Its destinations are named, and the audit says who it was; a second time there is nothing to change."""
    ended = [relay.run("credentials", what, "acme") for what in ("pause", "pause", "resume")]
    listed = relay.run("credentials", "list")
    audited = relay.run("audit", "--about", "here", "--limit", 2)
    as_json = relay.run("audit", "--since", "1h", "--json")
    nothing = relay.run("audit", "--until", "2h")

    assert [(0, "Paused: here.\n"), (0, "Nothing to change.\n"), (0, "Active again: here.\n")] == [
        (each.code, each.out) for each in ended
    ]
    assert "active" == rig.manage("GET", "/destinations/here")["state"]
    assert ["acme", "sandbox", rig.manage("GET", "/credentials/acme")["organization"]] == listed.out.split()[
        4:
    ]
    assert ["credential.resumed", "credential.paused"] == [
        line.split()[3] for line in audited.out.splitlines()[1:]
    ]
    assert "credential.resumed" == json.loads(as_json.out.splitlines()[0])["what"]
    assert (0, "", "No entries fit.\n") == (nothing.code, nothing.out, nothing.err)


def test_a_list_longer_than_a_page_is_read_to_its_end(
    relay: ServedRelay, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `export`, `apply` and `check` know of the relay is all of it."""
    monkeypatch.setattr("relay.cli.paging.MOST_A_PAGE", 2)
    for number in range(4):
        rig.manage("POST", "/credentials", {"id": f"c{number}", "kind": "sandbox"})
        auth = {"auth": {"kind": "bearer"}}
        body = {"template": "create_scheduling_link", "credential": "acme", "inbound": auth}
        rig.manage("POST", "/destinations", {"id": f"d{number}", **body})
    exported = relay.run("export").out
    checked = relay.run("check").out

    assert ["acme", "c0", "c1", "c2", "c3", "d0", "d1", "d2", "d3", "here"] == [
        line.removeprefix("  - id: ") for line in exported.splitlines() if line.startswith("  - id: ")
    ]
    assert [4, 5] == [
        len([line for line in checked.splitlines() if kind in line])
        for kind in ("credential c", "destination ")
    ]
