"""Pausing and resuming all destinations of a credential at once."""

from __future__ import annotations

from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.rig import Rig

LINK = GOOD_RECORDS["create_scheduling_link"]


def states(rig: Rig, *names: str) -> list[str]:
    """Give the states of destinations."""
    return [rig.store.destinations.get(name).state for name in names]


def furnish(rig: Rig) -> None:
    """Make two active destinations, a draft, one that is paused by itself, and another credential's."""
    rig.credential("globex")
    for name in ("one", "two", "resting"):
        rig.destination("create_scheduling_link", name)
    rig.destination("create_scheduling_link", "draft", activate=False)
    rig.destination("create_scheduling_link", "other", credential="globex")
    rig.manage("POST", "/destinations/resting/pause")


def test_pausing_a_credential_pauses_its_active_destinations(rig: Rig) -> None:
    """The answer names them, and each says why; records are held."""
    furnish(rig)

    answer = rig.manage("POST", "/credentials/acme/pause")
    rig.accept(LINK, "one")
    rig.drain()

    assert {"destinations": ["one", "two"]} == answer
    assert ["paused", "paused", "paused", "draft", "active"] == states(
        rig, "one", "two", "resting", "draft", "other"
    )
    assert "Paused with its credential by hand." == rig.manage("GET", "/destinations/one")["paused_because"]
    assert {"queued": 1} == rig.states()


def test_resuming_activates_what_was_paused_with_the_credential_and_nothing_else(rig: Rig) -> None:
    """What waited goes out, and a turn is asked for."""
    furnish(rig)
    rig.manage("POST", "/credentials/acme/pause")
    (delivery,) = rig.accept(LINK, "one")
    asked = rig.store.turns.waiting()

    answer = rig.manage("POST", "/credentials/acme/resume")
    asked = rig.store.turns.waiting() - asked
    rig.drain()

    assert ({"destinations": ["one", "two"]}, 2) == (answer, asked)
    assert ["active", "active", "paused", "draft"] == states(rig, "one", "two", "resting", "draft")
    assert ("delivered", "") == (
        rig.delivery(delivery).state,
        rig.store.destinations.get("one").paused_because,
    )


def test_what_a_person_paused_or_calendly_refused_since_stays_paused(rig: Rig) -> None:
    """Each pause has its own reason, and only one of them is taken back."""
    furnish(rig)
    rig.manage("POST", "/credentials/acme/pause")
    rig.manage("POST", "/destinations/one/pause")
    rig.store.destinations.set_state("two", "paused", "Calendly refuses the credential.")

    answer = rig.manage("POST", "/credentials/acme/resume")

    assert ({"destinations": []}, ["paused", "paused"]) == (answer, states(rig, "one", "two"))


def test_both_may_be_repeated(rig: Rig) -> None:
    """The second time there is nothing left to do."""
    furnish(rig)
    rig.manage("POST", "/credentials/acme/pause")

    paused_again = rig.manage("POST", "/credentials/acme/pause")
    rig.manage("POST", "/credentials/acme/resume")
    resumed_again = rig.manage("POST", "/credentials/acme/resume")

    assert [{"destinations": []}] * 2 == [paused_again, resumed_again]


def test_a_credential_that_does_not_exist_has_nothing_to_pause(rig: Rig) -> None:
    """And nobody pauses anything without the admin key."""
    for action in ("pause", "resume"):
        for identifier in ("none", "No-Slug"):
            answer = rig.client.post(f"/api/v1/credentials/{identifier}/{action}", headers=rig.admin)
            assert_problem(answer, 404, "unknown_credential")
        assert_problem(rig.client.post(f"/api/v1/credentials/acme/{action}"), 401, "not_authenticated")
