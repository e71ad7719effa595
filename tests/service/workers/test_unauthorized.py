"""A token that Calendly does not accept: its destinations pause, nothing is lost, and nothing goes round in circles."""

from __future__ import annotations

from typing import Any

import pytest

from relay.model.delivery import DeliveryLog
from relay.store import Lane
from sandbox import seed
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from workers.delivery_work import DeliveryWork
from workers.serving import Turn
from workers.work import work_on

LINK = GOOD_RECORDS["create_scheduling_link"]
CANCELLATION = GOOD_RECORDS["cancel_scheduled_event"]


def standing(rig: Rig, *names: str) -> list[str]:
    """Give the states of destinations."""
    return [rig.store.destinations.get(name).state for name in names]


def writes(rig: Rig) -> int:
    """Count the calls that Calendly got, less the reading ones."""
    return len([call for call in rig.sandbox.calls() if call.method != "GET"])


def first(rig: Rig, deliveries: list[str]) -> DeliveryLog:
    """Give the first of some deliveries as the log has it."""
    return rig.delivery(deliveries[0])


def test_a_refused_token_pauses_every_destination_of_its_credential(rig: Rig) -> None:
    """And none of another's."""
    rig.credential("globex", token=seed.ADMIN_TOKEN)
    rig.destination("create_scheduling_link")
    rig.destination("cancel_scheduled_event", "too")
    rig.destination("create_scheduling_link", "elsewhere", credential="globex")
    rig.sandbox.faults.add("401", times=1)

    rig.accept(LINK)
    rig.drain()

    assert ["paused", "paused", "active"] == standing(rig, "here", "too", "elsewhere")
    assert "acme" in rig.store.destinations.get("too").paused_because
    assert rig.store.credentials.get("acme").trouble


def test_many_that_are_refused_at_once_go_through_all_destinations_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands of them, and each call would read them all."""
    looked: list[str] = []
    of_credential = rig.store.destinations.of_credential

    def counted(credential: str) -> list[str]:
        looked.append(credential)
        return of_credential(credential)

    monkeypatch.setattr(rig.store.destinations, "of_credential", counted)
    rig.destination("create_scheduling_link")
    rig.sandbox.faults.add("401", times=20)

    rig.accept([LINK] * 20)
    rig.drain()

    assert writes(rig) > 1
    assert (["acme"], ["paused"]) == (looked, standing(rig, "here"))


def test_a_missing_scope_pauses_those_that_need_it(rig: Rig) -> None:
    """What the token may do goes on."""
    rig.destination("create_scheduling_link")
    rig.destination("cancel_scheduled_event", "allowed")
    rig.manage("PATCH", "/credentials/acme", {"token": seed.NARROW_TOKEN})

    rig.accept(LINK)
    rig.drain()
    deliveries = rig.accept(CANCELLATION, "allowed")
    rig.drain()

    assert ["paused", "active"] == standing(rig, "here", "allowed")
    assert "delivered" == first(rig, deliveries).state


def test_a_scope_that_no_template_names_pauses_the_destination_that_met_with_it(rig: Rig) -> None:
    """Otherwise its records would go to Calendly again and again, for nothing."""
    rig.destination("create_scheduling_link")
    body = {"title": "Insufficient scope", "message": "no", "required_scopes": ["something:new"]}
    rig.sandbox.faults.add("403", times=None, body=body)

    rig.accept([LINK] * 20)
    rig.drain()

    assert ["paused"] == standing(rig, "here")
    assert writes(rig) <= 4


@pytest.mark.parametrize("status", ["401", "403"])
def test_the_records_are_kept_and_no_attempt_is_spent(rig: Rig, status: str) -> None:
    """However often it happens, with a limit of one attempt too."""
    rig.destination("create_scheduling_link", delivery={"max_attempts": 1})
    body = {"title": "Insufficient scope", "message": "no"}
    rig.sandbox.faults.add(status, times=3, body=body)
    deliveries = rig.accept(LINK)
    for _ in range(3):
        rig.drain()
        rig.activate("here")
    held = first(rig, deliveries)

    rig.drain()
    done = first(rig, deliveries)

    assert ("retrying", "delivered") == (held.state, done.state)
    assert ["unauthorized"] * 3 + ["delivered"] == [each.verdict for each in done.attempts]


def test_what_was_held_goes_out_with_the_new_token(rig: Rig) -> None:
    """After the token was replaced and a person activated the destination; the credential's trouble is over."""
    rig.destination("create_scheduling_link")
    rig.sandbox.faults.add("401", times=1)
    deliveries = rig.accept(LINK)
    rig.drain()

    rig.manage("PATCH", "/credentials/acme", {"token": seed.ADMIN_TOKEN})
    waiting = first(rig, deliveries).state
    rig.activate("here")
    rig.drain()

    assert ("retrying", "delivered") == (waiting, first(rig, deliveries).state)
    assert "" == rig.store.credentials.get("acme").trouble


def with_the_old_token(rig: Rig) -> Any:
    """Give a turn's work that read the credential before a person replaced the token."""
    work = work_on(rig.services, Lane("delivery", "here"))
    assert isinstance(work, DeliveryWork)
    rig.manage("PATCH", "/credentials/acme", {"token": seed.ADMIN_TOKEN})
    rig.sandbox.faults.add("401", times=1)
    return work


def test_a_token_that_was_replaced_meanwhile_is_not_blamed_for_the_old_one(rig: Rig) -> None:
    """The destination stays active, and the record goes out with the new token."""
    rig.destination("create_scheduling_link")
    deliveries = rig.accept(LINK)
    work = with_the_old_token(rig)
    lease = rig.store.lanes.lease(Lane("delivery", "here"))
    assert lease is not None

    Turn(rig.services, lease, work).run()
    trouble, state = rig.store.credentials.get("acme").trouble, standing(rig, "here")
    rig.drain()

    assert ("", ["active"]) == (trouble, state)
    assert "delivered" == first(rig, deliveries).state


def test_a_turn_makes_no_further_call_with_a_token_that_was_replaced(rig: Rig) -> None:
    """It ends, and the next one reads the new token."""
    rig.destination("create_scheduling_link", delivery={"concurrency": 1})
    rig.accept([LINK] * 5)
    work = with_the_old_token(rig)
    lease = rig.store.lanes.lease(Lane("delivery", "here"))
    assert lease is not None

    Turn(rig.services, lease, work).run()

    assert 1 == writes(rig)
    assert {"queued": 4, "retrying": 1} == rig.states()


def test_a_credential_that_is_gone_by_then_blames_nobody(rig: Rig) -> None:
    """The destination has another one by now; its record goes out with that."""
    rig.credential("globex", token=seed.ADMIN_TOKEN)
    rig.destination("create_scheduling_link")
    deliveries = rig.accept(LINK)
    work = work_on(rig.services, Lane("delivery", "here"))
    assert work is not None
    rig.manage("PATCH", "/destinations/here", {"credential": "globex"})
    rig.manage("DELETE", "/credentials/acme")
    rig.sandbox.faults.add("401", times=1)
    lease = rig.store.lanes.lease(Lane("delivery", "here"))
    assert lease is not None

    Turn(rig.services, lease, work).run()
    rig.drain()

    assert (["active"], "delivered") == (standing(rig, "here"), first(rig, deliveries).state)
