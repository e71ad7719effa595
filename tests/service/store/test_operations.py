"""What a person may do by hand, and when."""

from __future__ import annotations

from typing import Any

import pytest

from relay.errors import Conflict, UnknownCallback, UnknownDelivery, UnknownDestination
from relay.store import Store, keys
from tests.service.store.one_lane import KEEP, OneLane, ended

NO_DELIVERY = "dlv_" + "0" * 25


def brought_to(here: OneLane, state: str) -> str:
    """Give a delivery in that state."""
    (identifier,) = here.accept()
    if state == "canceled":
        here.store.operations.cancel(identifier)
    if state in {"queued", "canceled"}:
        return identifier
    lease, claimed = here.claim_one()
    wait = 600.0 if state == "retrying" else None
    if state != "sending":
        here.settle(claimed, ended(state, wait=wait, spent=9, known=state != "uncertain"))
        here.store.lanes.release(lease)
    return identifier


@pytest.mark.parametrize("state", ["dead", "canceled", "uncertain", "retrying"])
def test_a_retry_puts_the_delivery_back_with_attempts_to_spend_anew(store: Store, state: str) -> None:
    """It is due now, attended, kept for good, and its earlier attempts stay on record."""
    here = OneLane(store)
    identifier = brought_to(here, state)

    log = store.operations.retry(identifier)
    item = here.item(identifier)

    assert ("queued", "0", None) == (log.state, item["spent"], log.settled_at)
    assert (["queued"], [identifier]) == (here.logged(identifier), here.due())
    assert -1 == store.redis.ttl(keys.delivery(identifier))
    assert (0 if state == "canceled" else 1) == log.attempt_count
    assert here.next_look() is not None


@pytest.mark.parametrize("state", ["queued", "sending", "delivered"])
def test_what_is_on_its_way_or_done_cannot_be_retried(store: Store, state: str) -> None:
    """A delivered one would be done twice; the refusal names the state."""
    here = OneLane(store)
    identifier = brought_to(here, state)
    before = here.item(identifier)

    with pytest.raises(Conflict, match=state):
        store.operations.retry(identifier)

    assert before == here.item(identifier)


@pytest.mark.parametrize("state", ["queued", "retrying", "uncertain"])
def test_a_cancellation_takes_what_waits_out_of_its_lane(store: Store, state: str) -> None:
    """It is settled, and nobody calls for it any more."""
    here = OneLane(store)
    identifier = brought_to(here, state)

    log = store.operations.cancel(identifier)
    here.make_due()

    assert ("canceled", "Canceled by hand.", None) == (log.state, log.reason, log.next_attempt_at)
    assert (["canceled"], []) == (here.logged(identifier), here.due())
    assert () == here.claim()[1]
    assert store.redis.ttl(keys.delivery(identifier)) > 0


@pytest.mark.parametrize("state", ["sending", "delivered", "dead", "canceled"])
def test_only_what_waits_can_be_canceled(store: Store, state: str) -> None:
    """A call that is on its way cannot be taken back."""
    here = OneLane(store)
    identifier = brought_to(here, state)
    before = here.item(identifier)

    with pytest.raises(Conflict, match=state):
        store.operations.cancel(identifier)

    assert before == here.item(identifier)


def test_a_retry_in_a_paused_destination_waits_for_its_activation(store: Store) -> None:
    """It is held like the others."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    store.destinations.set_state("here", "paused")

    store.operations.retry(identifier)

    assert ([identifier], None) == (here.due(), here.next_look())


def test_a_retry_needs_its_destination(store: Store) -> None:
    """Without one nobody could serve it, so it stays where it is."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    store.destinations.delete("here")

    with pytest.raises(UnknownDestination):
        store.operations.retry(identifier)

    assert "dead" == here.state(identifier)


@pytest.mark.parametrize("what", ["retry", "cancel", "retry_callback"])
def test_what_does_not_exist_cannot_be_worked_on(store: Store, what: str) -> None:
    """Each operation says so."""
    operation: Any = getattr(store.operations, what)

    with pytest.raises(UnknownDelivery):
        operation(NO_DELIVERY)


def test_a_delivery_without_a_callback_has_none_to_send_again(store: Store) -> None:
    """Said as such."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")

    with pytest.raises(UnknownCallback):
        store.operations.retry_callback(identifier)


@pytest.mark.parametrize("state", ["delivered", "dead", "retrying"])
def test_the_latest_callback_is_sent_again_under_its_own_id(store: Store, state: str) -> None:
    """Receivers know a repeat by its id; the delivery itself does not move."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed)
    store.lanes.release(lease)
    lane = here.callbacks
    lease, told = lane.claim_one()
    lane.settle(told, ended(state, wait=600.0 if state == "retrying" else None))
    store.lanes.release(lease)

    log = store.operations.retry_callback(identifier)

    assert ("delivered", [callback], "queued") == (log.state, lane.due(), log.callbacks[-1].state)
    assert -1 == store.redis.ttl(keys.callback(callback))
    assert KEEP == store.redis.ttl(keys.delivery(identifier))
    assert lane.next_look() is not None


def test_a_callback_on_its_way_is_not_sent_a_second_time(store: Store) -> None:
    """The operator is told to wait."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle_with_callback(claimed)
    here.callbacks.claim()

    with pytest.raises(Conflict, match="sending"):
        store.operations.retry_callback(identifier)


def test_a_retry_waits_for_a_call_that_may_still_be_on_its_way(store: Store) -> None:
    """Two calls of one delivery at a time must never be, also when a person asks."""
    here = OneLane(store)
    identifier = brought_to(here, "uncertain")
    seconds, _ = store.redis.time()
    store.redis.hset(keys.delivery(identifier), "may_fly_until", (seconds + 10) * 1000)

    log = store.operations.retry(identifier)

    assert log.next_attempt_at is not None
    assert 8 < log.next_attempt_at - seconds <= 10
    assert () == here.claim()[1]


def test_nothing_is_put_back_into_a_lane_that_is_gone(store: Store) -> None:
    """Its destination was deleted at this very moment: nobody would ever come to it."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    store.redis.delete(keys.destination("here"))
    args = [here.lane.prefix, here.lane.name, identifier, "dead"]

    old = store.operations._scripts.run("requeue", keys.delivery(identifier), args)

    assert (b"", "dead", []) == (old, here.item(identifier)["state"], here.due())
