"""A destination that keeps no payloads: once a delivery and its callbacks have ended, nothing that they carried is in Redis."""

from __future__ import annotations

from typing import Any

import pytest

from relay.errors import Conflict
from relay.model.destination import RetentionSettings
from relay.store import Store, Wanted, keys
from relay.store.attempts import Ending, NewCallback, NewPart
from relay.store.replays import Selection
from tests.destinations import a_destination
from tests.rig import everything_in
from tests.service.store.one_lane import OneLane, ended

ADA = "ada@example.com"
REASON = f"Calendly: {ADA} has already been invited"
DROPS = RetentionSettings(keep_payload=False)


def a_lane(store: Store, **changes: Any) -> OneLane:
    """Give a lane whose destination keeps no payloads."""
    return OneLane(store, retention=DROPS, **changes)


def about_ada(here: OneLane, number: int = 1, **changes: Any) -> list[str]:
    """Store records that name a person."""
    return here.accept(here.new(number, record={"email": ADA}, fields={"email": ADA}, **changes))


def telling_of_ada(state: str = "delivered", **changes: Any) -> Ending:
    """Give an ending whose every part names the person."""
    values = {"reason": REASON, "response": f'{{"body":"{ADA}"}}', "request": f'{{"body":"{ADA}"}}'}
    attempt = {"verdict": state, "status": 400, "reason": REASON, "decision": f"settled as {state}"}
    return ended(state, attempt=attempt, values=values, **changes)


def a_callback(here: OneLane, about: str = "delivery.delivered") -> NewCallback:
    """Give a callback that names the person."""
    identifier = here.store.new_callback_id("here")
    return NewCallback(
        id=identifier, type=about, payload=f'{{"email":"{ADA}"}}', url="https://crm.example/hook"
    )


def names_ada(store: Store) -> bool:
    """Tell whether anything in Redis does."""
    return ADA in everything_in(store.redis)


def end_callback(here: OneLane, state: str = "delivered", **changes: Any) -> None:
    """Send the callback that is due, with this outcome."""
    lease, claimed = here.callbacks.claim_one()
    values = {"reason": "the receiver answered 500", "url": "https://crm.example/hook"}
    assert here.callbacks.settle(claimed, ended(state, values=values, **changes))
    here.store.lanes.release(lease)


@pytest.mark.parametrize("state", ["delivered", "dead"])
def test_without_a_callback_it_goes_with_the_settling(store: Store, state: str) -> None:
    """Records, request, answer and reasons; ids, times, statuses and verdicts stay."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    _, claimed = here.claim_one()

    here.settle(claimed, telling_of_ada(state))

    kept = store.deliveries.get(identifier)
    assert not names_ada(store)
    assert (state, "dropped", [], None, "") == (
        kept.state,
        kept.payload,
        kept.records,
        kept.request,
        kept.reason,
    )
    assert [(1, state, 400, "", f"settled as {state}")] == [
        (each.number, each.verdict, each.status, each.reason, each.decision) for each in kept.attempts
    ]
    assert 0 < store.redis.ttl(keys.delivery(identifier))


@pytest.mark.parametrize("ends", ["delivered", "dead"])
def test_with_a_callback_it_goes_with_that_one(store: Store, ends: str) -> None:
    """Its retries send the same as ever; the last one takes the payload with it."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    end_callback(here, "retrying", wait=0.0)
    before = names_ada(store), store.deliveries.get(identifier).callbacks[0].body

    end_callback(here, ends)

    kept = store.deliveries.get(identifier)
    assert (True, {"email": ADA}) == before
    assert not names_ada(store)
    assert ("dropped", [("dropped", ends, None)]) == (
        kept.payload,
        [(each.payload, each.state, each.body) for each in kept.callbacks],
    )


def test_a_callback_that_is_to_be_sent_again_keeps_what_it_tells(store: Store) -> None:
    """Also where news of an attempt of the same delivery ends meanwhile."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    lease, claimed = here.claim_one()
    here.settle(
        claimed, telling_of_ada("retrying", wait=0.0, callback=a_callback(here, "delivery.attempted"))
    )
    store.lanes.release(lease)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    _, (news, outcome) = here.callbacks.claim()
    here.callbacks.settle(outcome, ended("retrying", wait=600.0))

    here.callbacks.settle(news, ended("delivered"))

    assert "dropped" not in here.callbacks.item(outcome.id)
    assert "dropped" not in here.item(identifier)


def test_what_waits_for_a_person_is_kept_whole(store: Store) -> None:
    """Until the person decides, and the callback has told of that."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    _, claimed = here.claim_one()
    here.settle(
        claimed, telling_of_ada("uncertain", known=False, callback=a_callback(here, "delivery.uncertain"))
    )
    end_callback(here)
    seen = store.deliveries.get(identifier)

    store.operations.resolve(seen, "delivered", f"Ana asked {ADA}", a_callback(here))
    resolved = names_ada(store)
    end_callback(here)

    assert ("kept", [{"email": ADA}], True) == (seen.payload, seen.records, resolved)
    assert not names_ada(store)


def test_what_a_person_settles_without_a_callback_goes_at_once(store: Store) -> None:
    """There is nothing left to tell."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada("uncertain", known=False))

    store.operations.resolve(store.deliveries.get(identifier), "dead", f"Ana asked {ADA}", None)

    assert not names_ada(store)


def test_a_late_answer_takes_it_along(store: Store) -> None:
    """The worker seemed dead; its answer settles what was uncertain, and replaces the callback that waits still."""
    here = a_lane(store)
    about_ada(here)
    _, claimed = here.claim_one()
    here.settle(
        claimed, telling_of_ada("uncertain", known=False, callback=a_callback(here, "delivery.uncertain"))
    )

    late = here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    end_callback(here)

    assert late
    assert not names_ada(store)


@pytest.mark.parametrize("state", ["queued", "collecting", "uncertain"])
def test_what_is_canceled_goes_at_once(store: Store, state: str) -> None:
    """Whatever it waited for."""
    here = a_lane(store)
    (identifier,) = about_ada(here, group="g" if state == "collecting" else "")
    if state == "uncertain":
        _, claimed = here.claim_one()
        here.settle(claimed, telling_of_ada(state, known=False))

    store.operations.cancel(identifier)

    assert not names_ada(store)
    assert ("canceled", 1) == (here.state(identifier), store.deliveries.get(identifier).record_count)


def test_a_batch_that_was_split_goes_and_its_parts_stay(store: Store) -> None:
    """They wait with their own records."""
    here = a_lane(store)
    here.accept(here.new(2, record={"email": ADA}, fields={}, group="g"))
    here.make_due()
    _, claimed = here.claim_one()
    parts = tuple(
        NewPart(store.new_delivery_id("here"), [f'[{{"email":"{email}"}},{{}}]'])
        for email in (ADA, "bob@x.y")
    )

    here.settle(claimed, telling_of_ada("split", parts=parts, keep=9))

    whole = store.deliveries.get(claimed.id)
    assert ("dropped", 2, [], ()) == (whole.payload, whole.record_count, whole.records, whole.callbacks)
    assert [[{"email": ADA}], [{"email": "bob@x.y"}]] == [
        store.deliveries.get(each).records for each in whole.parts
    ]


def test_news_of_attempts_goes_one_by_one(store: Store) -> None:
    """A delivery names only its latest callbacks, so each goes as soon as it has ended."""
    here = a_lane(store)
    about_ada(here)
    for _ in range(25):
        here.make_due()
        lease, claimed = here.claim_one()
        here.settle(
            claimed, telling_of_ada("retrying", wait=0.0, callback=a_callback(here, "delivery.attempted"))
        )
        store.lanes.release(lease)
    here.make_due()
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada())
    kept = names_ada(store)

    _, told = here.callbacks.claim()
    for each in told:
        here.callbacks.settle(each)

    assert (True, 25) == (kept, len(told))
    assert not names_ada(store)


def test_what_is_discarded_with_its_destination_goes_as_well(store: Store) -> None:
    """Deliveries that wait, callbacks that wait, and what those told of: as the destination said while it stood."""
    here = a_lane(store)
    about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    about_ada(here, 2)

    store.destinations.delete("here", 2)
    kept = names_ada(store)
    store.discards.finish(10)

    assert kept
    assert not names_ada(store)


def test_without_its_payload_nothing_is_sent_again(store: Store) -> None:
    """Neither a dead delivery nor its callback; the refusal says why, and a replay leaves it out."""
    here = a_lane(store)
    (identifier,) = about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada("dead", callback=a_callback(here, "delivery.dead")))
    end_callback(here, "dead")

    refused = []
    for act in (store.operations.retry, store.operations.retry_callback):
        with pytest.raises(Conflict) as raised:
            act(identifier)
        refused.append(raised.value.detail)
    looked = store.replays.look(store.destinations.get("here"), Selection(state="dead"))

    assert all("Its payload was dropped" in each for each in refused)
    assert (1, 0, 1) == (looked.matching, looked.replayed, looked.skipped)
    assert ("dead", []) == (here.state(identifier), here.due())


def test_the_log_is_searched_past_what_has_no_payload(store: Store) -> None:
    """Batches among it."""
    here = a_lane(store)
    about_ada(here, group="g")
    here.make_due()
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada())
    (other,) = about_ada(here)

    found = store.deliveries.page(Wanted(record=ADA))

    assert [other] == [each.id for each in found.items]


def test_what_a_worker_writes_of_a_callback_after_its_destination_is_gone_brings_nobody_back(
    store: Store,
) -> None:
    """Its POST was on its way."""
    here = a_lane(store)
    about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    _, sent = here.callbacks.claim_one()
    store.destinations.delete("here", 0)
    store.discards.finish(10)

    here.callbacks.settle(sent, ended("retrying", wait=1.0, values={"reason": "the receiver answered 500"}))

    assert not names_ada(store)


def test_a_change_of_mind_reaches_what_was_settled_before(store: Store) -> None:
    """The next tidying drops it, but for a callback that is still being tried, and what a person has to decide."""
    here = OneLane(store)
    about_ada(here, 3)
    _, (told, plain, uncertain) = here.claim()
    here.settle(told, telling_of_ada(callback=a_callback(here)))
    here.settle(plain, telling_of_ada("dead"))
    here.settle(uncertain, telling_of_ada("uncertain", known=False))
    store.retention.trim()
    before = [store.deliveries.get(each.id).payload for each in (told, plain, uncertain)]
    standing = store.destinations.get("here")
    store.destinations.replace(a_destination(retention=DROPS), standing.revision)

    store.retention.trim()

    after = [store.deliveries.get(each.id).payload for each in (told, plain, uncertain)]
    assert (["kept"] * 3, ["kept", "dropped", "kept"]) == (before, after)


def test_a_test_is_kept_for_whoever_sent_it(store: Store) -> None:
    """For an hour, whole; then nothing of it is left."""
    here = OneLane(store, kind="test", retention=DROPS)
    identifier = store.new_delivery_id("here")
    store.acceptance.begin_test(a_destination(retention=DROPS), identifier, [{"email": ADA}], {"email": ADA})
    _, claimed = here.claim_one()

    here.settle(claimed, telling_of_ada(keep=86400))

    assert ("kept", [{"email": ADA}]) == (
        store.deliveries.get(identifier).payload,
        store.deliveries.get(identifier).records,
    )
    assert 0 < store.redis.ttl(keys.delivery(identifier)) <= 3600


def test_what_is_shaped_after_its_destination_is_gone_goes_with_its_end(store: Store) -> None:
    """A callback that was claimed is shaped and sent, though all else of it is dropped already."""
    here = a_lane(store)
    about_ada(here)
    _, claimed = here.claim_one()
    here.settle(claimed, telling_of_ada(callback=a_callback(here)))
    _, sent = here.callbacks.claim_one()
    store.destinations.delete("here", 0)
    store.retention.trim()
    dropped = names_ada(store)
    store.lanes.note(here.callbacks.lane, sent.id, sent.token, "shaped", f'{{"to":"{ADA}"}}')

    here.callbacks.settle(sent, ended())

    assert (False, False) == (dropped, names_ada(store))
