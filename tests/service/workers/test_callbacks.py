"""Callbacks: tried again on a schedule, under one id, and never at Calendly's cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from relay.model.delivery import CallbackLog, DeliveryLog
from relay.store import Lane
from sandbox.receiver import Reply
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.turn import serve
from workers.work import work_on

LINK = GOOD_RECORDS["create_scheduling_link"]


@pytest.fixture
def patient(make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[Rig]:
    """The service with waits between callbacks that a test can tell apart."""
    built = Rig(make_settings(sandbox_url=sandbox.url, callback_retries=(100.0, 1000.0)), sandbox)
    built.credential()
    yield built
    built.store.close()


def called(rig: Rig) -> DeliveryLog:
    """Have a delivery made, with its callback in its lane."""
    rig.destination("create_scheduling_link")
    (identifier,) = rig.accept(LINK)
    serve(rig.services, Lane("delivery", "here"))
    return rig.delivery(identifier)


def latest(rig: Rig, delivery: DeliveryLog) -> CallbackLog:
    """Give the delivery's latest callback."""
    return rig.delivery(delivery.id).callbacks[-1]


def writes(rig: Rig) -> int:
    """Count the calls that changed something at Calendly."""
    return len([call for call in rig.sandbox.calls() if call.method == "POST"])


def wait_of(callback: CallbackLog) -> float:
    """Give the seconds between a callback's latest attempt and its next."""
    ended_at = callback.attempts[-1].ended_at
    assert callback.next_attempt_at is not None
    assert ended_at is not None
    return callback.next_attempt_at - ended_at


def test_the_waits_are_those_of_the_settings(patient: Rig) -> None:
    """Each a little later than written, never earlier; after the last one the callback is dead, and kept."""
    patient.sandbox.receiver.tell_replies("here", [Reply(status=500)])
    delivery = called(patient)
    lane = OneLane(patient.store, "here", "callback", make=False)
    seen = []
    for _ in range(3):
        lane.make_due()
        serve(patient.services, lane.lane)
        seen.append(latest(patient, delivery))

    assert ["retrying", "retrying", "dead"] == [each.state for each in seen]
    assert 100 <= wait_of(seen[0]) <= 110
    assert 1000 <= wait_of(seen[1]) <= 1100
    assert (3, 1) == (len(seen[2].attempts), writes(patient))
    assert "delivered" == patient.delivery(delivery.id).state


def test_a_receiver_that_is_gone_for_good_is_left_alone(rig: Rig) -> None:
    """A 410 ends the callback at once."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410)])
    delivery = called(rig)

    rig.drain()

    assert ("dead", 1) == (latest(rig, delivery).state, len(rig.sandbox.callbacks("here")))


def test_after_a_410_nothing_more_is_sent_to_that_address(rig: Rig) -> None:
    """Later callbacks are dead with that reason, and Calendly is called all the same."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410, times=1)])
    called(rig)
    rig.drain()
    (later,) = rig.accept(LINK)

    rig.drain()
    delivery = rig.delivery(later)

    assert ("delivered", "dead") == (delivery.state, delivery.callbacks[-1].state)
    assert "410" in delivery.callbacks[-1].reason
    assert 1 == len(rig.sandbox.callbacks("here"))


def test_another_address_is_told_after_a_410(rig: Rig) -> None:
    """The refusal was that of the old one."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410)])
    called(rig)
    rig.drain()
    rig.manage("PATCH", "/destinations/here", {"callback": {"url": rig.sandbox.callback_url("new")}})

    rig.accept(LINK)
    rig.drain()

    assert 1 == len(rig.sandbox.callbacks("new"))


def test_a_person_may_ask_a_receiver_that_was_gone_once_more(rig: Rig) -> None:
    """If it takes the callback, those that come later are sent again."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410, times=1)])
    delivery = called(rig)
    rig.drain()

    rig.store.operations.retry_callback(delivery.id)
    rig.drain()
    rig.accept(LINK)
    rig.drain()

    assert "delivered" == latest(rig, delivery).state
    assert 3 == len(rig.sandbox.callbacks("here"))


def test_a_dead_workers_callback_is_sent_again_under_its_id(rig: Rig) -> None:
    """The receiver may get it twice, and knows it by its id."""
    delivery = called(rig)
    lane = OneLane(rig.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    work = work_on(rig.services, lane.lane)
    assert work is not None
    work.attempt(claimed)
    lane.die()

    rig.drain()
    callback = latest(rig, delivery)

    assert ["try_again", "arrived"] == [each.verdict for each in callback.attempts]
    assert [callback.id] * 2 == [each.headers["webhook-id"] for each in rig.sandbox.callbacks("here")]
    assert 1 == writes(rig)


def test_a_dead_workers_callback_that_arrived_after_all_is_not_sent_again(rig: Rig) -> None:
    """Its late answer takes the repeat out of the lane."""
    delivery = called(rig)
    lane = OneLane(rig.store, "here", "callback", make=False)
    lease, claimed = lane.claim_one()
    work = work_on(rig.services, lane.lane)
    assert work is not None
    lane.settle(claimed, work.orphaned(claimed))
    rig.store.lanes.release(lease)

    lane.settle(claimed, work.attempt(claimed))
    rig.drain()

    assert ("delivered", 1) == (latest(rig, delivery).state, len(rig.sandbox.callbacks("here")))


def test_an_outage_of_ours_spends_no_attempt(patient: Rig) -> None:
    """A worker that slept through its lease puts the callback back as it was."""
    delivery = called(patient)
    lane = OneLane(patient.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    work = work_on(patient.services, lane.lane)
    assert work is not None

    lane.settle(claimed, work.unsent(claimed))

    assert ("retrying", "0") == (latest(patient, delivery).state, lane.item(claimed.id)["spent"])


def test_a_paused_destination_still_tells(rig: Rig) -> None:
    """Pausing stops calls to Calendly only."""
    delivery = called(rig)
    rig.manage("POST", "/destinations/here/pause")

    rig.drain()

    assert "delivered" == latest(rig, delivery).state


def test_a_callback_that_is_not_wanted_any_more_is_dead_with_its_reason(rig: Rig) -> None:
    """The destination's callback was taken away meanwhile."""
    delivery = called(rig)
    rig.manage("PATCH", "/destinations/here", {"callback": None})

    rig.drain()

    assert ("dead", []) == (latest(rig, delivery).state, rig.sandbox.callbacks("here"))
    assert "no callback any more" in latest(rig, delivery).reason


def test_a_failing_receiver_holds_up_neither_deliveries_nor_other_receivers(patient: Rig) -> None:
    """Each destination's callbacks wait in a lane of their own."""
    patient.sandbox.receiver.tell_replies("here", [Reply(status=500)])
    called(patient)
    serve(patient.services, Lane("callback", "here"))
    patient.destination("create_scheduling_link", "there")

    ids = [*patient.accept(LINK), *patient.accept(LINK, "there")]
    for lane in (Lane("delivery", "here"), Lane("delivery", "there"), Lane("callback", "there")):
        serve(patient.services, lane)

    assert ["delivered"] * 2 == [patient.delivery(each).state for each in ids]
    assert 1 == len(patient.sandbox.callbacks("there"))


@pytest.mark.parametrize("spent", [0, 1, 2])
def test_what_was_not_sent_by_our_fault_waits_no_step_of_the_schedule(patient: Rig, spent: int) -> None:
    """At the end of the schedule that would be half a day, for a callback that nobody was asked to take."""
    called(patient)
    lane = OneLane(patient.store, "here", "callback", make=False)
    _, claimed = lane.claim_one()
    work = work_on(patient.services, lane.lane)
    assert work is not None

    ending = work.unsent(replace(claimed, spent=spent))

    assert ("retrying", spent) == (ending.state, ending.spent)
    assert patient.settings.retry_base == ending.wait
