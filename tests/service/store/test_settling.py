"""Settling: whole or not at all, fenced against what came late, and never leaving a lane unattended."""

from __future__ import annotations

import pytest

from relay.model.destination import DeliverySettings
from relay.store import Store, keys
from relay.store.attempts import Ending
from tests.service.store.clock import Clock
from tests.service.store.one_lane import KEEP, OneLane, ended


@pytest.mark.parametrize("state", ["delivered", "dead", "uncertain"])
def test_an_end_is_written_whole(store: Store, state: str) -> None:
    """State, logs, flight and attempt change together."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()

    written = here.settle(claimed, ended(state, values={"reason": "because"}))
    log = store.deliveries.get(identifier)

    assert written
    assert (state, "because", state) == (log.state, log.reason, log.attempts[0].verdict)
    assert ([state], [state]) == (here.logged(identifier), here.logged(identifier, everywhere=True))
    assert ([], []) == (here.due(), here.flight())
    assert log.settled_at is not None


def test_what_is_settled_expires_and_what_asks_a_person_stays(store: Store) -> None:
    """Delivered and dead deliveries go after their time; an uncertain one never by itself."""
    here = OneLane(store)
    kept: dict[str, int] = {}
    for state in ("delivered", "dead", "uncertain"):
        (identifier,) = here.accept()
        lease, claimed = here.claim_one()
        here.settle(claimed, ended(state))
        store.lanes.release(lease)
        kept[state] = store.redis.ttl(keys.delivery(identifier))

    assert {"delivered": KEEP, "dead": KEEP, "uncertain": -1} == kept


def test_an_attempt_ends_once(store: Store) -> None:
    """The same end written again changes nothing, and is told so."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("delivered"))

    again = here.settle(claimed, ended("dead"))

    assert (False, "delivered") == (again, here.state(identifier))


def test_an_older_token_is_fenced_off(store: Store) -> None:
    """After a newer attempt began, the older one's answer changes nothing."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, old = here.claim_one()
    here.settle(old, ended("retrying", wait=0.0))
    (new,) = store.lanes.claim(lease, 1).attempts

    late = here.settle(old, ended("delivered"))

    assert (False, "sending", [identifier]) == (late, here.state(identifier), here.flight())
    assert here.settle(new)


def test_a_person_has_the_last_word(store: Store) -> None:
    """After a retry by hand a late answer changes nothing."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))
    store.operations.retry(identifier)

    late = here.settle(claimed, ended("delivered"))

    assert (False, "queued") == (late, here.state(identifier))


def test_a_canceled_delivery_stays_canceled(store: Store) -> None:
    """Also when the answer to an earlier attempt comes after all."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0, known=False))
    store.operations.cancel(identifier)

    late = here.settle(claimed, ended("delivered"))

    assert (False, "canceled", []) == (late, here.state(identifier), here.due())


@pytest.mark.parametrize(
    "thought", [ended("uncertain", known=False), ended("retrying", wait=60.0, known=False)]
)
def test_a_late_answer_puts_right_what_nobody_knew_once(store: Store, thought: Ending) -> None:
    """An attempt that was given up as unknown may still be answered: that counts, and nothing after it."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, thought)

    late = [here.settle(claimed, ended("delivered")), here.settle(claimed, ended("dead"))]

    assert ([True, False], "delivered") == (late, here.state(identifier))
    assert ([], ["delivered"]) == (here.due(), here.logged(identifier))
    assert KEEP == store.redis.ttl(keys.delivery(identifier))


def test_not_knowing_does_not_overrule_not_knowing(store: Store) -> None:
    """A second hand that gives the attempt up changes nothing, and files no second callback."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle_with_callback(claimed, "uncertain", known=False)

    again = here.settle(claimed, ended("retrying", wait=0.0, known=False))

    assert (False, "uncertain") == (again, here.state(identifier))
    assert 1 == len(here.callbacks.due())


def test_a_late_answer_does_not_overrule_an_answer(store: Store) -> None:
    """What was known stands, whatever it led to."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0))

    assert not here.settle(claimed, ended("delivered"))
    assert "retrying" == here.state(identifier)


def test_a_late_answer_may_send_the_delivery_back_into_its_lane(store: Store) -> None:
    """An uncertain delivery that turns out to have been told to wait goes on waiting, attended and without an end."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))
    store.lanes.release(lease)

    here.settle(claimed, ended("retrying", wait=60.0))

    assert (["retrying"], [identifier]) == (here.logged(identifier), here.due())
    assert here.next_look() is not None
    assert None is store.deliveries.get(identifier).settled_at


def test_a_callback_is_filed_with_the_end_it_tells_of(store: Store) -> None:
    """It is in its own lane, due now, and attended."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()

    callback = here.settle_with_callback(claimed)

    assert [callback] == here.callbacks.due()
    assert [callback] == [each.id for each in store.deliveries.get(identifier).callbacks]
    assert [here.callbacks.lane] == store.lanes.whose_time_has_come(10)


def test_an_end_that_is_fenced_off_files_no_callback(store: Store) -> None:
    """Nobody is told of what does not count."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed)

    with pytest.raises(AssertionError):
        here.settle_with_callback(claimed, "dead")

    assert [] == here.callbacks.due()
    assert [] == store.redis.keys("*callback:cbk_*")


def test_a_paused_destinations_callbacks_go_on(store: Store) -> None:
    """Pausing stops calls to Calendly, not the telling of what became of them."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    store.destinations.set_state("here", "paused")

    callback = here.settle_with_callback(claimed)

    assert [callback] == [each.id for each in here.callbacks.claim()[1]]


def test_a_retry_is_attended_when_it_falls_due(store: Store) -> None:
    """The lane's next time is the retry's."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0))

    store.lanes.release(lease)
    look = here.next_look()

    assert look is not None
    assert look == here.redis.zscore(keys.due(here.lane), claimed.id)


def test_a_retry_after_the_lease_ran_out_is_attended_too(store: Store) -> None:
    """A turn that outlived its lease still leaves the lane on the list."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    here.die()
    store.redis.zrem(keys.attention(here.lane.shard), here.lane.name)

    here.settle(claimed, ended("retrying", wait=60.0))

    assert here.next_look() is not None


def test_an_idle_lane_is_off_the_list(store: Store) -> None:
    """Nobody comes to a lane where nothing waits."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    here.settle(claimed)

    store.lanes.release(lease)

    assert None is here.next_look()


def test_a_lane_that_waits_for_a_rate_window_is_not_served_before(store: Store) -> None:
    """Who comes too early is sent away, and the lane keeps its time."""
    here = OneLane(store)
    here.accept()
    store.lanes.release(here.lease(), not_before=60)
    look = here.next_look()

    early = store.lanes.lease(here.lane)

    assert (None, look) == (early, here.next_look())


def test_what_was_left_in_flight_does_not_wait_for_a_rate_window(store: Store) -> None:
    """Writing its end costs no call."""
    here = OneLane(store)
    here.accept()
    lease, _ = here.claim_one()
    store.lanes.release(lease, not_before=60)

    assert 1 == len(here.lease().left_in_flight)


def test_a_turn_that_need_not_wait_ends_the_wait_of_an_earlier_one(store: Store) -> None:
    """What comes next wakes the lane at once."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    store.lanes.release(lease, not_before=60)
    lease = here.lease()
    here.settle(claimed)
    store.lanes.release(lease)

    here.accept()

    assert here.woken


def test_a_lease_given_back_with_attempts_in_flight_is_looked_at_again(store: Store) -> None:
    """Also where the destination is paused: the attempt's end must be found out."""
    here = OneLane(store)
    here.accept()
    lease, _ = here.claim_one()
    store.destinations.set_state("here", "paused")

    store.lanes.release(lease)

    assert [here.lane] == store.lanes.whose_time_has_come(10)


def test_a_lane_that_could_not_be_served_is_left_alone_for_a_while(clocked: Store, clock: Clock) -> None:
    """Attempts left in flight bring nobody back at once, nor only after a long wait: no worker runs in circles."""
    here = OneLane(clocked)
    here.accept()
    lease, _ = here.claim_one()

    clocked.lanes.release(lease, not_before=60)

    assert clock.shown(here.lane.shard) + 5000 == here.next_look()


def test_pausing_keeps_a_dead_turns_lane_on_the_list(store: Store) -> None:
    """What it left in flight still needs somebody."""
    here = OneLane(store)
    here.accept()
    here.claim()
    here.die()

    store.destinations.set_state("here", "paused")

    assert [here.lane] == store.lanes.whose_time_has_come(10)


def test_pausing_takes_an_idle_lane_off_the_list(store: Store) -> None:
    """And activating brings it back, with its waiting records."""
    here = OneLane(store)
    ids = here.accept(2)

    store.destinations.set_state("here", "paused")
    paused = here.next_look()
    store.destinations.set_state("here", "active")

    assert None is paused
    assert here.next_look() is not None
    assert ids == here.due()


def test_what_is_over_is_not_due_and_an_empty_value_is_none(store: Store) -> None:
    """Nobody is told that it will be tried again, or reads a reason that stands no more; after a late answer, too."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0, known=False, values={"reason": "busy"}))

    late = here.settle(claimed, ended("delivered", values={"reason": ""}))

    assert late
    assert {"next_attempt_at", "reason"}.isdisjoint(here.item(identifier))


def test_a_callback_that_waits_holds_up_no_other_in_strict_order(store: Store) -> None:
    """The order is that of calls: what is told of them goes as it comes."""
    here = OneLane(store, delivery=DeliverySettings(strict_order=True))
    for _ in range(2):
        here.accept()
        lease, claimed = here.claim_one()
        here.settle_with_callback(claimed)
        store.lanes.release(lease)
    lease, (first,) = here.callbacks.claim(1)

    here.callbacks.settle(first, ended("retrying", wait=60.0))
    store.lanes.release(lease)
    _, claimed_now = here.callbacks.claim()

    assert [False] == [each.id == first.id for each in claimed_now]
