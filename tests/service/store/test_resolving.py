"""A person says what became of an uncertain delivery."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from relay.errors import Conflict
from relay.model.delivery import DeliveryLog
from relay.model.person import Person
from relay.store import Store, keys
from relay.store.attempts import NewCallback
from relay.store.forgetting import Wish
from tests.service.store.brought import brought_to
from tests.service.store.one_lane import OneLane, ended
from tests.waiting import until


def seen(store: Store, identifier: str) -> DeliveryLog:
    """Look at a delivery as a person does."""
    return store.deliveries.get(identifier)


def news(store: Store, state: str = "delivered") -> NewCallback:
    """Give a callback that nobody filed yet."""
    return NewCallback(
        id=store.new_callback_id("here"),
        type=f"delivery.{state}",
        payload='{"by": "hand"}',
        url="https://crm.example/hook",
    )


def uncertain_with_callback(here: OneLane) -> tuple[str, str]:
    """Give an uncertain delivery, and the callback that tells so."""
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed, "uncertain", known=False)
    here.store.lanes.release(lease)
    return identifier, callback


@pytest.mark.parametrize("state", ["delivered", "dead"])
def test_an_uncertain_delivery_is_settled_as_a_person_says(store: Store, state: Any) -> None:
    """State, reason, logs and expiry change together, and its callback is filed."""
    here = OneLane(store)
    identifier = brought_to(here, "uncertain")
    callback = news(store, state)

    log = store.operations.resolve(seen(store, identifier), state, "Resolved by hand.", callback)

    assert (state, "Resolved by hand.") == (log.state, log.reason)
    assert log.settled_at is not None
    assert ([state], [state]) == (here.logged(identifier), here.logged(identifier, everywhere=True))
    assert store.redis.ttl(keys.delivery(identifier)) > 0
    assert ([callback.id], [f"delivery.{state}"]) == (
        here.callbacks.due(),
        [each.type for each in log.callbacks],
    )
    assert here.callbacks.next_look() is not None


def test_without_a_callback_nothing_is_told(store: Store) -> None:
    """The delivery is settled all the same."""
    here = OneLane(store)
    identifier = brought_to(here, "uncertain")

    log = store.operations.resolve(seen(store, identifier), "dead", "Resolved by hand.", None)

    assert ("dead", (), []) == (log.state, log.callbacks, here.callbacks.due())


def test_a_resolution_replaces_the_news_that_still_waits(store: Store) -> None:
    """Old news must not arrive after new."""
    here = OneLane(store)
    identifier, old = uncertain_with_callback(here)
    callback = news(store)

    log = store.operations.resolve(seen(store, identifier), "delivered", "Resolved by hand.", callback)

    assert [callback.id] == here.callbacks.due()
    assert [(old, "dead"), (callback.id, "queued")] == [(each.id, each.state) for each in log.callbacks]


def test_news_on_its_way_is_not_sent_again_after_a_resolution(store: Store) -> None:
    """Whatever its receiver answers."""
    here = OneLane(store)
    identifier, old = uncertain_with_callback(here)
    lane = here.callbacks
    _, claimed = lane.claim_one()
    callback = news(store)
    store.operations.resolve(seen(store, identifier), "delivered", "Resolved by hand.", callback)

    lane.settle(claimed, ended("retrying", wait=0.0))

    assert ([callback.id], "dead") == (lane.due(), lane.state(old))


@pytest.mark.parametrize("late", ["delivered", "dead", "retrying"])
def test_a_late_answer_cannot_overrule_a_person(store: Store, late: str) -> None:
    """The attempt's own answer could before somebody decided, and cannot after."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))
    store.operations.resolve(seen(store, identifier), "dead", "Resolved by hand.", None)
    before = here.item(identifier)

    written = here.settle(claimed, ended(late, wait=0.0 if late == "retrying" else None))

    assert (False, before, []) == (written, here.item(identifier), here.due())


@pytest.mark.parametrize(
    "state", ["collecting", "queued", "sending", "retrying", "delivered", "dead", "canceled", "split"]
)
def test_only_an_uncertain_delivery_can_be_resolved(store: Store, state: str) -> None:
    """Everything else is known, or will be; the refusal names the state."""
    here = OneLane(store)
    identifier = brought_to(here, state)
    before = here.item(identifier)

    with pytest.raises(Conflict, match=f"uncertain; this one is {state}"):
        store.operations.resolve(seen(store, identifier), "delivered", "Resolved by hand.", news(store))

    assert (before, []) == (here.item(identifier), here.callbacks.due())


def test_what_was_tried_again_meanwhile_has_to_be_looked_at_again(store: Store) -> None:
    """The person did not see that attempt, and the callback would tell of an older one."""
    here = OneLane(store)
    identifier = brought_to(here, "uncertain")
    looked = seen(store, identifier)
    store.operations.retry(identifier)
    _, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))

    with pytest.raises(Conflict, match="once more"):
        store.operations.resolve(looked, "dead", "Resolved by hand.", None)

    assert "uncertain" == here.state(identifier)


def test_what_lost_records_meanwhile_has_to_be_looked_at_again(store: Store) -> None:
    """The callback would tell of somebody who was forgotten since."""
    here = OneLane(store)
    both = [{"email": email} for email in ("ada@example.com", "bob@example.com")]
    (identifier, _) = here.accept([here.new(record=each, group="g")[0] for each in both])
    here.make_due()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))
    looked = seen(store, identifier)
    store.forgetting.forget(Wish(person=Person("ada@example.com"), waiting=True))

    with pytest.raises(Conflict, match="once more"):
        store.operations.resolve(looked, "delivered", "Resolved by hand.", news(store))

    assert ("uncertain", []) == (here.state(identifier), here.callbacks.due())


def test_an_answer_that_came_meanwhile_has_to_be_looked_at(store: Store) -> None:
    """It leaves the delivery uncertain, and says more than the person saw."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("uncertain", known=False))
    looked = seen(store, identifier)
    until(lambda: here.now() > looked.updated_at * 1000 + 1)
    here.settle(claimed, ended("uncertain", values={"reason": "Calendly: not allowed"}))

    with pytest.raises(Conflict, match="once more"):
        store.operations.resolve(looked, "dead", "Resolved by hand.", None)

    assert "uncertain" == here.state(identifier)


@pytest.mark.parametrize("others", ["resolve as dead", "retry", "cancel"])
def test_of_two_people_one_decides(store: Store, others: str) -> None:
    """Each time exactly one is told yes, and what that one decided stands."""
    here = OneLane(store)
    for _ in range(10):
        identifier = brought_to(here, "uncertain")
        looked = seen(store, identifier)
        told: dict[str, Any] = {
            "resolve": lambda log=looked: store.operations.resolve(log, "delivered", "By one.", None),
            "resolve as dead": lambda log=looked: store.operations.resolve(
                log, "dead", "By the other.", None
            ),
            "retry": lambda name=identifier: store.operations.retry(name),
            "cancel": lambda name=identifier: store.operations.cancel(name),
        }

        with ThreadPoolExecutor(2) as people:
            answers = [people.submit(_try, told[what]) for what in ("resolve", others)]
        said = [each.result() for each in answers]

        assert sorted(map(bool, said)) == [False, True]
        assert next(each for each in said if each).state == here.state(identifier)


def _try(what: Any) -> DeliveryLog | None:
    try:
        done: DeliveryLog = what()
    except Conflict:
        return None
    return done
