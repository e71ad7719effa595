"""Serving a lane whose parts do not fit: it says why, keeps its records, and keeps nobody busy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.model.delivery import DeliveryLog
from relay.store import Lane, keys
from relay.store.vault import Vault
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.services import Services
from workers.turn import serve
from workers.work import work_on

HERE = Lane("delivery", "here")


@pytest.fixture
def stranger(rig: Rig) -> Services:
    """A worker that was started with another RELAY_SECRET_KEY."""
    vault = Vault(("another key, at least thirty-two characters",))
    return replace(rig.services, store=replace(rig.store, vault=vault))


def only(rig: Rig, deliveries: list[str]) -> DeliveryLog:
    """Give the one delivery as the log has it."""
    (identifier,) = deliveries
    return rig.delivery(identifier)


def test_a_worker_with_another_key_leaves_the_lane_to_the_others(rig: Rig, stranger: Services) -> None:
    """Nothing is wrong with the destination: it stays active, and one with the right key delivers."""
    rig.destination("create_scheduling_link")
    deliveries = rig.accept(GOOD_RECORDS["create_scheduling_link"])

    serve(stranger, HERE)
    state = rig.store.destinations.get("here").state
    OneLane(rig.store, make=False).make_due()
    rig.drain()

    assert ("active", "delivered") == (state, only(rig, deliveries).state)


def test_a_destination_whose_credential_is_gone_pauses_and_says_so(rig: Rig) -> None:
    """Its record is kept."""
    rig.destination("create_scheduling_link")
    deliveries = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.store.redis.delete(keys.credential("acme"))

    rig.drain()
    paused = rig.store.destinations.get("here")

    assert ("paused", "queued") == (paused.state, only(rig, deliveries).state)
    assert "'acme' does not exist" in paused.paused_because


def test_what_is_in_flight_there_is_ended_and_brings_nobody_back_at_once(
    rig: Rig, stranger: Services
) -> None:
    """As unknown, since its worker died; whoever can neither repeat nor look it up does not run in circles."""
    rig.destination("manual", manual={"method": "POST", "url": "/scheduling_links"})
    deliveries = rig.accept([GOOD_RECORDS["manual"]] * 2)
    here = OneLane(rig.store, make=False)
    here.claim(limit=1)
    here.die()

    serve(stranger, HERE)
    found = rig.store.lanes.whose_time_has_come(10)

    assert ["uncertain", "queued"] == [rig.delivery(each).state for each in deliveries]
    assert HERE not in found
    assert "active" == rig.store.destinations.get("here").state
    assert [] == [call for call in rig.sandbox.calls() if call.method == "POST"]


def test_a_secret_in_a_record_that_cannot_be_opened_is_not_called_unknown(rig: Rig) -> None:
    """Nothing was sent: it is tried again, in case the key comes back, and nobody has to wonder what happened."""
    rig.destination("create_webhook_subscription", delivery={"max_attempts": 2})
    record = {**GOOD_RECORDS["create_webhook_subscription"], "signing_key": "planted-signing-key"}
    (identifier,) = rig.accept(record)
    here = OneLane(rig.store, make=False)
    fields = here.item(identifier)["fields"]
    broken = fields.replace("gAAAA", "gBBBB")
    rig.store.redis.hset(keys.delivery(identifier), "fields", broken)

    rig.drain()
    log = rig.delivery(identifier)

    assert fields != broken
    assert ("dead", ["unreachable"] * 2) == (log.state, [each.verdict for each in log.attempts])
    assert "RELAY_SECRET_KEY" in log.reason


def test_a_lane_of_a_destination_that_is_gone_is_let_go(rig: Rig) -> None:
    """An old job does no harm."""
    serve(rig.services, Lane("delivery", "gone"))

    assert None is work_on(rig.services, Lane("callback", "gone"))
    assert [] == rig.store.lanes.whose_time_has_come(10)


def test_an_outage_of_ours_spends_no_attempt(rig: Rig) -> None:
    """A worker that slept through its lease puts the record back as it was, also with a limit of one attempt."""
    rig.destination("create_scheduling_link", delivery={"max_attempts": 1})
    deliveries = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    here = OneLane(rig.store, make=False)
    lease, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None

    here.settle(claimed, work.unsent(claimed))
    rig.store.lanes.release(lease)
    held = only(rig, deliveries)
    rig.drain()

    assert ("retrying", "unreachable") == (held.state, held.attempts[0].verdict)
    assert "delivered" == only(rig, deliveries).state


def test_a_dead_workers_harmless_call_is_made_again(rig: Rig) -> None:
    """And if it had worked before it died, Calendly's answer to the repeat counts as done."""
    rig.destination("cancel_scheduled_event")
    deliveries = rig.accept(GOOD_RECORDS["cancel_scheduled_event"])
    here = OneLane(rig.store, make=False)
    here.claim()
    here.die()
    serve(rig.services, HERE)
    here.make_due()

    rig.drain()
    log = only(rig, deliveries)

    assert ("delivered", ["unknown", "delivered"]) == (log.state, [each.verdict for each in log.attempts])


def test_a_call_that_may_still_be_on_its_way_is_not_made_beside_it(rig: Rig) -> None:
    """A worker that only seems dead may hold the call open for as long as a call may take: the repeat waits for that."""
    rig.destination("cancel_scheduled_event")
    deliveries = rig.accept(GOOD_RECORDS["cancel_scheduled_event"])
    here = OneLane(rig.store, make=False)
    here.claim()
    here.die()

    serve(rig.services, HERE)
    log = only(rig, deliveries)

    assert log.next_attempt_at is not None
    assert log.next_attempt_at >= log.attempts[0].started_at + rig.settings.call_timeout - 0.01


def test_a_dead_workers_answer_that_comes_after_all_counts(rig: Rig) -> None:
    """The delivery that a person was asked about is delivered, and the callback's receiver hears of both."""
    rig.destination("manual", manual={"method": "POST", "url": "/scheduling_links"})
    deliveries = rig.accept(GOOD_RECORDS["manual"])
    here = OneLane(rig.store, make=False)
    _, claimed = here.claim_one()
    work = work_on(rig.services, HERE)
    assert work is not None
    ending = work.attempt(claimed)
    here.die()
    rig.drain()
    thought = only(rig, deliveries).state

    here.settle(claimed, ending)
    rig.drain()

    assert ("uncertain", "delivered") == (thought, only(rig, deliveries).state)
    assert ["delivery.uncertain", "delivery.delivered"] == [told["type"] for told in rig.told()]


def test_callbacks_leave_threads_to_deliveries(rig: Rig) -> None:
    """While receivers that hang hold every seat of callbacks, a delivery goes out, and the callback waits its turn."""
    rig.destination("create_scheduling_link")
    seats = rig.settings.worker_threads // 2
    for _ in range(seats):
        rig.services.callback_seats.take()

    deliveries = rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.turn_until(lambda: only(rig, deliveries).state == "delivered")
    rig.forget_who_was_asked()
    rig.turn()
    while_seats_are_taken = rig.told()
    for _ in range(seats):
        rig.services.callback_seats.leave()
    rig.drain()

    assert [] == while_seats_are_taken
    assert ["delivery.delivered"] == [told["type"] for told in rig.told()]
