"""`on: attempt`: every attempt is told, and none is in the way of what became of its delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from relay.model.delivery import DeliveryLog
from relay.store import Lane
from relay.store.attempts import NewCallback
from sandbox.receiver import Reply
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane, ended
from workers.turn import serve
from workers.work import work_on

CANCELLATION = GOOD_RECORDS["cancel_scheduled_event"]
TEMPLATE = "cancel_scheduled_event"


@pytest.fixture
def patient(make_settings: MakeSettings, sandbox: Sandbox) -> Iterator[Rig]:
    """The service with a long wait between callbacks."""
    built = Rig(make_settings(sandbox_url=sandbox.url, callback_retries=(100.0,)), sandbox)
    built.credential()
    yield built
    built.store.close()


def make(rig: Rig, on: str = "attempt", template: str = TEMPLATE, **changes: Any) -> None:
    """Make the destination."""
    callback = {"url": rig.sandbox.callback_url("here"), "on": on}
    rig.destination(template, callback=callback, **changes)


def whole_way(rig: Rig, on: str = "attempt", **changes: Any) -> DeliveryLog:
    """Send one record the whole way, and give its delivery when nothing moves any more."""
    make(rig, on, **changes)
    (identifier,) = rig.accept(CANCELLATION)
    rig.drain()
    return rig.delivery(identifier)


def by_attempt(rig: Rig) -> list[Any]:
    """Give the payloads that arrived, in order of the attempts that they tell of."""
    return sorted(rig.told(), key=lambda told: int(told["data"]["attempts"]))


def test_each_attempt_is_told_and_then_what_became_of_it(rig: Rig) -> None:
    """With its number, its verdict, its answer, and what was decided."""
    rig.sandbox.faults.add("503", times=2)

    delivery = whole_way(rig)
    first, second, settled = by_attempt(rig)

    assert ("delivered", 3) == (delivery.state, delivery.attempt_count)
    assert ["delivery.attempted", "delivery.attempted", "delivery.delivered"] == [
        each["type"] for each in (first, second, settled)
    ]
    assert [1, 2] == [each["data"]["attempt"]["number"] for each in (first, second)]
    assert ("failed", 503) == (first["data"]["attempt"]["verdict"], first["data"]["response"]["status"])
    assert "failed" == first["data"]["error"]["verdict"]
    assert first["data"]["attempt"]["decision"].startswith("next attempt in ")
    assert first["timestamp"] <= first["data"]["attempt"]["next_attempt_at"]
    assert [CANCELLATION] == first["data"]["records"]
    assert "POST" == first["data"]["request"]["method"]
    assert "attempt" not in settled["data"]


def test_a_destination_that_wants_outcomes_is_told_of_nothing_else(rig: Rig) -> None:
    """That is the default."""
    rig.sandbox.faults.add("503", times=2)

    delivery = whole_way(rig, "settled")

    assert 3 == delivery.attempt_count
    assert ["delivery.delivered"] == [each["type"] for each in rig.told()]


def test_an_attempt_that_may_have_worked_is_told_as_unknown(rig: Rig) -> None:
    """Silence where a repeat is harmless: no answer to show, and another attempt to come."""
    rig.sandbox.faults.add("cut_before", match={"method": "POST"})

    whole_way(rig)
    first = by_attempt(rig)[0]

    assert ("unknown", None) == (first["data"]["attempt"]["verdict"], first["data"]["response"])


def test_a_pause_that_calendly_asks_for_is_told(rig: Rig) -> None:
    """It is an attempt on record, though it costs none."""
    rig.sandbox.faults.add("429", headers={"X-RateLimit-Reset": "0", "Retry-After": "0"})

    whole_way(rig)
    first, settled = by_attempt(rig)

    assert ("busy", "delivery.delivered") == (first["data"]["attempt"]["verdict"], settled["type"])


def test_a_record_that_is_held_is_told_with_no_next_attempt(rig: Rig) -> None:
    """The token is refused: nobody knows when a person will put that right."""
    rig.sandbox.faults.add("401", match={"method": "POST"})

    delivery = whole_way(rig)
    (told,) = rig.told()

    assert ("retrying", "unauthorized") == (delivery.state, told["data"]["attempt"]["verdict"])
    assert told["data"]["attempt"]["next_attempt_at"] is None
    assert "held" in told["data"]["attempt"]["decision"]


def test_an_uncertain_delivery_is_told_once(rig: Rig) -> None:
    """As what became of it, as ever; the attempt before, which a look-up followed, is news of its own."""
    rig.sandbox.faults.add("cut_before", match={"method": "POST"})

    whole_way(rig, delivery={"on_unknown": "hold"})

    assert ["delivery.attempted", "delivery.uncertain"] == [each["type"] for each in rig.told()]


def test_a_dead_workers_attempt_is_told(rig: Rig) -> None:
    """By whoever finds it."""
    make(rig)
    (identifier,) = rig.accept(CANCELLATION)
    lane = OneLane(rig.store, "here", "delivery", make=False)
    _, claimed = lane.claim_one()
    lane.die()

    rig.outcome(identifier)
    first, settled = by_attempt(rig)

    assert claimed.id == first["data"]["delivery"]
    assert ("unknown", 1) == (first["data"]["attempt"]["verdict"], first["data"]["attempt"]["number"])
    assert "delivery.delivered" == settled["type"]


def test_an_attempt_of_which_nothing_was_sent_is_told(rig: Rig) -> None:
    """It is in the log like any other."""
    make(rig)
    rig.accept(CANCELLATION)
    lane = OneLane(rig.store, "here", "delivery", make=False)
    _, claimed = lane.claim_one()
    work = work_on(rig.services, lane.lane)
    assert work is not None

    ending = work.unsent(claimed)

    assert ending.callback is not None
    assert "delivery.attempted" == ending.callback.type


def test_a_batch_that_is_split_is_told_and_so_are_its_parts(rig: Rig) -> None:
    """The attempt that Calendly refused has no other callback; each record has what became of it."""
    manual = {"method": "POST", "url": "/data_compliance/deletion/invitees"}
    callback = {"url": rig.sandbox.callback_url("here"), "on": "attempt"}
    rig.destination(
        "manual", manual=manual, batch={"size": 2, "window": 60, "wrap": "each"}, callback=callback
    )
    rig.sandbox.faults.add("status", status=422, body={"title": "t", "message": "m"}, times=None)

    rig.post([{"emails": ["a@example.com"]}, {"emails": ["b@example.com"]}])
    rig.drain()
    types = sorted(each["type"] for each in rig.told())
    (split,) = [each["data"] for each in rig.told() if each["type"] == "delivery.attempted"]

    assert ["delivery.attempted", "delivery.dead", "delivery.dead"] == types
    assert (2, None) == (len(split["records"]), split["attempt"]["next_attempt_at"])
    assert "split" in split["attempt"]["decision"]


def test_news_of_attempts_neither_replaces_an_outcome_nor_is_replaced(patient: Rig) -> None:
    """A receiver that was away for a while gets all of it."""
    patient.sandbox.faults.add("503", times=2)
    make(patient)
    (identifier,) = patient.accept(CANCELLATION)
    patient.sandbox.receiver.tell_replies("here", [Reply(status=500, times=3)])
    delivery = OneLane(patient.store, "here", "delivery", make=False)
    for _ in range(3):
        delivery.make_due()
        serve(patient.services, delivery.lane)
    callbacks = OneLane(patient.store, "here", "callback", make=False)

    for _ in range(2):
        callbacks.make_due()
        serve(patient.services, callbacks.lane)
    states = [each.state for each in patient.delivery(identifier).callbacks]

    assert ["delivered"] * 3 == states
    assert 6 == len(patient.sandbox.callbacks("here"))


def test_after_a_410_neither_attempts_nor_outcomes_are_sent_there(rig: Rig) -> None:
    """Each is dead with that reason, the destination says so, and Calendly is called all the same."""
    rig.sandbox.faults.add("503", times=1)
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410, times=1)])
    make(rig)
    (identifier,) = rig.accept(CANCELLATION)
    serve(rig.services, Lane("delivery", "here"))
    serve(rig.services, Lane("callback", "here"))

    rig.drain()
    delivery = rig.delivery(identifier)
    shown = rig.manage("GET", "/destinations/here")["callback"]

    assert ("delivered", ["dead", "dead"]) == (delivery.state, [each.state for each in delivery.callbacks])
    assert 1 == len(rig.sandbox.callbacks("here"))
    assert "410" in shown["stopped_because"]


def test_saving_the_destination_starts_callbacks_again(rig: Rig) -> None:
    """A person looked at it."""
    rig.sandbox.receiver.tell_replies("here", [Reply(status=410, times=1)])
    whole_way(rig)

    rig.manage("PATCH", "/destinations/here", {"name": "Looked at"})
    rig.accept(CANCELLATION)
    rig.drain()

    assert rig.manage("GET", "/destinations/here")["callback"]["stopped_because"] is None
    assert 2 == len(rig.sandbox.callbacks("here"))


def test_a_retry_by_hand_asks_a_receiver_that_was_gone_until_it_is_over(rig: Rig) -> None:
    """It answers 500 at first: what a person asked for is tried as often as any callback."""
    replies = [Reply(status=410, times=1), Reply(status=500, times=2)]
    rig.sandbox.receiver.tell_replies("here", replies)
    delivery = whole_way(rig)

    rig.manage("POST", f"/deliveries/{delivery.id}/callback/retry")
    rig.drain()

    assert "delivered" == rig.delivery(delivery.id).callbacks[-1].state
    assert rig.manage("GET", "/destinations/here")["callback"]["stopped_because"] is None


def test_a_delivery_names_its_last_twenty_callbacks_and_every_one_is_filed(rig: Rig) -> None:
    """A delivery that waits for weeks must not grow without end."""
    make(rig)
    (identifier,) = rig.accept(CANCELLATION)
    lane = OneLane(rig.store, "here", "delivery", make=False)
    for _ in range(24):
        lane.make_due()
        lease, claimed = lane.claim_one()
        told = NewCallback(
            id=rig.store.new_callback_id("here"),
            type="delivery.attempted",
            payload="{}",
            url="https://crm.example",
        )
        lane.settle(claimed, ended("retrying", wait=0.0, callback=told))
        rig.store.lanes.release(lease)

    named = rig.delivery(identifier).callbacks
    filed = lane.callbacks.due()

    assert (20, 24) == (len(named), len(filed))
    assert filed[-20:] == [each.id for each in named]
