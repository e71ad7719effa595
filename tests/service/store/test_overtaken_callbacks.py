"""A callback whose news is old by the time it is to be sent, wherever it stands by then."""

from __future__ import annotations

from typing import Literal, cast

import pytest

from relay.store import Store, keys
from relay.store.attempts import Claimed, NewCallback
from tests.service.store.one_lane import OneLane, ended

Resolved = Literal["delivered", "dead"]


def told_as_uncertain(here: OneLane) -> str:
    """Have one delivery whose uncertain outcome is to be told, and give the callback."""
    here.accept()
    lease, claimed = here.claim_one()
    callback = here.settle_with_callback(claimed, "uncertain", known=False)
    here.lanes.release(lease)
    return callback


def resolved(here: OneLane, settled: Resolved = "dead") -> str:
    """Have a person say what became of it, and give the callback that tells of that."""
    seen = here.store.deliveries.get(here.callbacks.item(_only(here))["delivery"])
    callback = NewCallback(
        id=here.store.new_callback_id("here"),
        type=f"delivery.{settled}",
        payload="{}",
        url="https://crm.example",
    )
    here.store.operations.resolve(seen, settled, "Looked at it.", callback)
    return callback.id


def _only(here: OneLane) -> str:
    return (here.callbacks.due() + here.callbacks.flight())[0]


def test_one_that_is_on_its_way_is_not_sent_again(store: Store) -> None:
    """It failed, and there is newer news: it ends there, and goes in its time."""
    here = OneLane(store)
    old = told_as_uncertain(here)
    _, posted = here.callbacks.claim_one()
    new = resolved(here)

    here.callbacks.settle(posted, ended("retrying", wait=0.0))

    assert ("dead", [new]) == (here.callbacks.state(old), here.callbacks.due())
    assert store.redis.ttl(keys.callback(old)) > 0


def test_one_that_arrived_all_the_same_has_arrived(store: Store) -> None:
    """It was on its way before the newer one."""
    here = OneLane(store)
    old = told_as_uncertain(here)
    _, posted = here.callbacks.claim_one()
    resolved(here)

    here.callbacks.settle(posted, ended("delivered"))

    assert "delivered" == here.callbacks.state(old)


@pytest.mark.parametrize("state", ["queued", "retrying"])
def test_one_that_waits_is_dead(store: Store, state: str) -> None:
    """Not sent any more, and gone in its time."""
    here = OneLane(store)
    old = told_as_uncertain(here)
    if state == "retrying":
        lease, posted = here.callbacks.claim_one()
        here.callbacks.settle(posted, ended("retrying", wait=0.0))
        here.lanes.release(lease)

    new = resolved(here)

    assert ("dead", [new]) == (here.callbacks.state(old), here.callbacks.due())
    assert store.redis.ttl(keys.callback(old)) > 3600


def test_a_late_answer_does_not_bring_a_dead_one_back(store: Store) -> None:
    """Nobody knew what became of its attempt, so it waited, until newer news was filed."""
    here = OneLane(store)
    told_as_uncertain(here)
    _, late = here.callbacks.claim_one()
    here.callbacks.die()
    lease = here.callbacks.lease()
    here.callbacks.settle(lease.left_in_flight[0], ended("retrying", wait=600.0, known=False))
    new = resolved(here)

    written = here.callbacks.settle(late, ended("retrying", wait=0.0))

    assert (False, [new]) == (written, here.callbacks.due())


def test_one_that_a_person_sends_again_has_all_its_attempts(store: Store) -> None:
    """Its destination was deleted while it was on its way, and made anew: what was said of it then is over."""
    here = OneLane(store)
    told_as_uncertain(here)
    resolved(here)
    _, posted = here.callbacks.claim_one()
    store.destinations.delete("here", 0)
    here = OneLane(store)
    here.callbacks.settle(posted, ended("retrying", wait=0.0))
    store.operations.retry_callback(here.callbacks.item(posted.id)["delivery"])
    _, again = here.callbacks.claim_one()

    here.callbacks.settle(again, ended("retrying", wait=0.0))

    assert "retrying" == here.callbacks.state(posted.id)


def news_of(here: OneLane, claimed: Claimed) -> str:
    """End an attempt that is made again, and give the callback that tells of it."""
    identifier = here.store.new_callback_id("here")
    told = NewCallback(id=identifier, type="delivery.attempted", payload="{}", url="https://crm.example")
    here.settle(claimed, ended("retrying", wait=0.0, callback=told))
    return identifier


def attempted(here: OneLane, times: int) -> list[str]:
    """Have the one delivery tried so many times, each told as news of an attempt, and give the callbacks."""
    told = []
    for _ in range(times):
        here.make_due()
        lease, claimed = here.claim_one()
        told.append(news_of(here, claimed))
        here.lanes.release(lease)
    return told


def test_an_outcome_is_not_lost_from_sight_behind_news_of_attempts(store: Store) -> None:
    """A delivery names the latest twenty, and every outcome: a newer one has to find it."""
    here = OneLane(store)
    old = told_as_uncertain(here)
    delivery = here.callbacks.item(old)["delivery"]
    store.operations.retry(delivery)
    news = attempted(here, 21)
    here.make_due()
    _, claimed = here.claim_one()

    new = here.settle_with_callback(claimed, "delivered")

    assert "dead" == here.callbacks.state(old)
    assert [old, *news[-18:], new] == here.item(delivery)["callbacks"].split()


def test_a_newer_outcome_waits_for_one_that_is_on_its_way(store: Store) -> None:
    """A slow receiver would be told the old one last; it has the new one as soon as the old one has ended."""
    here = OneLane(store)
    told_as_uncertain(here)
    lease, (posted,) = here.callbacks.claim()
    new = resolved(here)

    meanwhile = here.lanes.claim(lease, 4).attempts
    here.callbacks.settle(posted, ended("delivered"))
    (next_one,) = here.lanes.claim(lease, 4).attempts

    assert ((), new) == (meanwhile, next_one.id)


def test_a_newer_outcome_waits_no_longer_than_the_worker_of_the_old_one_lives(store: Store) -> None:
    """Whoever finds that attempt left behind ends it, and the lane's time is now."""
    here = OneLane(store)
    told_as_uncertain(here)
    here.callbacks.claim_one()
    new = resolved(here)
    here.callbacks.die()
    lease = here.callbacks.lease()
    here.callbacks.settle(lease.left_in_flight[0], ended("retrying", wait=600.0, known=False))
    here.lanes.release(lease)

    assert new == here.callbacks.claim_one()[1].id


def test_somebody_comes_to_tell_the_newer_outcome(store: Store) -> None:
    """Also where the old one was in the hands of a process that gave the lane away; what waits besides is not hurried."""
    here = OneLane(store)
    old = told_as_uncertain(here)
    store.operations.retry(here.callbacks.item(old)["delivery"])
    (news,) = attempted(here, 1)
    lease, (posted, failed) = here.callbacks.claim()
    here.callbacks.settle(failed, ended("retrying", wait=600.0))
    here.make_due()
    _, claimed = here.claim_one()
    here.settle_with_callback(claimed, "delivered")
    here.lanes.hold(lease)
    here.lanes.release(lease)
    before = cast(int, here.callbacks.next_look()) - here.now()

    here.callbacks.settle(posted, ended("delivered"))

    assert before > 0 >= cast(int, here.callbacks.next_look()) - here.now()
    assert news == here.callbacks.due()[-1]
