"""What a person may do by hand, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relay.errors import Conflict, UnknownCallback, UnknownDelivery, UnknownDestination
from relay.store import Store, keys
from relay.store.operations import Operations
from relay.store.scripts import Scripts
from tests.destinations import a_destination
from tests.service.store.brought import brought_to
from tests.service.store.one_lane import KEEP, OneLane, ended
from tests.waiting import until

NO_DELIVERY = "dlv_" + "0" * 25


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


@pytest.mark.parametrize("state", ["collecting", "queued", "sending", "delivered"])
def test_what_is_on_its_way_or_done_cannot_be_retried(store: Store, state: str) -> None:
    """A delivered one would be done twice; the refusal names the state."""
    here = OneLane(store)
    identifier = brought_to(here, state)
    before = here.item(identifier)

    with pytest.raises(Conflict, match=state):
        store.operations.retry(identifier)

    assert before == here.item(identifier)


@pytest.mark.parametrize("state", ["collecting", "queued", "retrying", "uncertain"])
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


@pytest.mark.parametrize("state", ["sending", "delivered", "dead", "canceled", "split"])
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


def test_a_callback_is_not_sent_again_where_a_newer_one_was_filed_at_that_moment(store: Store) -> None:
    """Old news must not arrive after new: between the look at the delivery and the retry, its next outcome came."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    old = here.settle_with_callback(claimed, "uncertain", known=False)
    stale = store.deliveries.get(identifier)
    store.lanes.release(lease)
    lease, told = here.callbacks.claim_one()
    here.callbacks.settle(told, ended())
    store.lanes.release(lease)
    new = here.settle_with_callback(claimed)
    made = round(store.destinations.get("here").created_at * 1000)
    lane = here.callbacks.lane
    args = [lane.prefix, lane.name, stale.callbacks[-1].id, made, "", "delivered"]

    came_of_it = store.operations._scripts.run("requeue", keys.callback(old), args)

    assert (b"overtaken", [new]) == (came_of_it, here.callbacks.due())


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


class Meanwhile(Scripts):
    """Scripts before which something happens, after whoever runs them has looked."""

    def __init__(self, store: Store, what: Callable[[], Any]) -> None:
        super().__init__(store.redis)
        self._what = what

    def run(self, name: str, key: str, args: Sequence[Any]) -> Any:
        """Let it happen, then run the script."""
        self._what()
        return super().run(name, key, args)


def retried_late(store: Store, identifier: str, what: Callable[[], Any]) -> None:
    """Retry a delivery with which this happens between the look at it and the script."""
    scripts = Meanwhile(store, what)
    Operations(store.redis, scripts, store.deliveries, store.destinations, 3600).retry(identifier)


def test_what_was_tried_meanwhile_is_not_retried(store: Store) -> None:
    """A person would take on himself what a call may have done that he did not know of."""
    here = OneLane(store)
    identifier = brought_to(here, "retrying")

    def tried() -> None:
        here.make_due()
        _, claimed = here.claim_one()
        here.settle(claimed, ended("uncertain", known=False, values={"after_unknown": "1"}))

    with pytest.raises(Conflict, match="once more"):
        retried_late(store, identifier, tried)

    assert ("uncertain", []) == (here.state(identifier), here.due())


def test_nothing_is_put_back_into_a_lane_that_was_made_anew(store: Store) -> None:
    """The destination that has its id by now may be for another template, whose calls are others."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")

    def made_anew() -> None:
        store.destinations.delete("here")
        OneLane(store, template="delete_invitee_data")

    until(lambda: here.now() > store.destinations.get("here").created_at * 1000 + 1)
    with pytest.raises(Conflict, match="once more"):
        retried_late(store, identifier, made_anew)

    assert ("dead", []) == (here.state(identifier), here.due())


def test_nothing_is_put_back_into_a_lane_that_is_gone(store: Store) -> None:
    """Its destination was deleted at this very moment: nobody would ever come to it."""
    here = OneLane(store)
    identifier = brought_to(here, "dead")
    store.redis.delete(keys.destination("here"))
    args = [here.lane.prefix, here.lane.name, identifier, 1, "", "dead"]

    old = store.operations._scripts.run("requeue", keys.delivery(identifier), args)

    assert (b"", "dead", []) == (old, here.item(identifier)["state"], here.due())


def test_no_record_joins_a_batch_that_was_canceled(store: Store) -> None:
    """The next record of its group opens another one."""
    here = OneLane(store)
    canceled = brought_to(here, "collecting")
    store.operations.cancel(canceled)

    (joined,) = here.accept(here.new(group="g"))

    assert canceled != joined
    assert ("collecting", [joined]) == (here.state(joined), here.due())


def a_test(here: OneLane) -> str:
    """Give a test that waits in the lane of tests."""
    identifier = here.store.new_delivery_id(here.identifier)
    here.store.acceptance.begin_test(a_destination(here.identifier), identifier, [{"crm_id": 7}], {})
    return identifier


def test_a_test_is_canceled_in_the_lane_of_tests(store: Store) -> None:
    """Nobody calls for it any more."""
    here = OneLane(store)
    identifier = a_test(here)

    log = store.operations.cancel(identifier)

    assert ("canceled", []) == (log.state, OneLane(store, kind="test", make=False).due())
    assert ["canceled"] == here.logged(identifier)


def test_a_test_is_not_retried(store: Store) -> None:
    """It is one call; another test is another delivery."""
    here = OneLane(store)
    identifier = a_test(here)
    store.operations.cancel(identifier)

    with pytest.raises(Conflict, match="send another test"):
        store.operations.retry(identifier)

    assert ("canceled", []) == (here.state(identifier), here.due())


def test_a_batch_that_was_split_is_not_retried(store: Store) -> None:
    """Its parts go on by themselves; the refusal names them."""
    here = OneLane(store)
    identifier = brought_to(here, "split")
    one, other = store.deliveries.get(identifier).parts

    with pytest.raises(Conflict, match=f"{one}, {other}"):
        store.operations.retry(identifier)

    assert sorted([one, other]) == sorted(here.due())


@pytest.mark.parametrize("last", ["delivered", "uncertain", "retrying", "dead"])
def test_a_worker_that_seemed_dead_cannot_overrule_a_retry_by_hand(store: Store, last: str) -> None:
    """Its answer comes too late, and the delivery is due once: exactly one more attempt is made."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, frozen = here.claim_one()
    here.die()
    lease = here.lease()
    here.settle(lease.left_in_flight[0], ended("retrying", wait=600.0, known=False))
    store.lanes.release(lease)
    store.operations.retry(identifier)

    late = here.settle(frozen, ended(last, wait=0.0 if last == "retrying" else None))
    lease, attempts = here.claim()
    here.make_due()
    again = store.lanes.claim(lease, 100).attempts

    assert not late
    assert ([(identifier, 2)], ()) == ([(each.id, each.number) for each in attempts], again)


def test_a_retry_by_hand_supersedes_the_automatic_one(store: Store) -> None:
    """What waited for its next attempt is due once, now; its old time brings nothing."""
    here = OneLane(store)
    identifier = brought_to(here, "retrying")

    store.operations.retry(identifier)
    lease, claimed = here.claim_one()
    here.settle(claimed)
    here.make_due()

    assert (identifier, 2) == (claimed.id, claimed.number)
    assert ((), "delivered") == (store.lanes.claim(lease, 100).attempts, here.state(identifier))


@pytest.mark.parametrize("state", ["dead", "canceled", "uncertain", "retrying"])
def test_of_two_people_who_retry_one_is_told_that_it_was_done(store: Store, state: str) -> None:
    """The delivery is due once."""
    here = OneLane(store)
    for _ in range(10):
        identifier = brought_to(here, state)

        with ThreadPoolExecutor(2) as people:
            done = list(people.map(lambda _, name=identifier: _retried(store, name), range(2)))

        assert [False, True] == sorted(done)
        assert ("queued", 1) == (here.state(identifier), here.due().count(identifier))


def _retried(store: Store, identifier: str) -> bool:
    try:
        store.operations.retry(identifier)
    except Conflict:
        return False
    return True
