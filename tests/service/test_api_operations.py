"""What operators do by hand over HTTP: resolve, replay, and delete with what waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from relay.model.delivery import DeliveryLog
from relay.store import Lane
from tests.good_records import GOOD_RECORDS
from tests.problems import assert_problem
from tests.rig import Rig
from tests.service.store.one_lane import OneLane, ended
from workers.tidy import Tidy
from workers.turn import serve

LINK = GOOD_RECORDS["create_scheduling_link"]
CANCEL = GOOD_RECORDS["cancel_scheduled_event"]


def api(rig: Rig, method: str, path: str, body: Any = None) -> TestResponse:
    """Make a management call, whatever its answer is."""
    return rig.client.open(f"/api/v1{path}", method=method, json=body, headers=rig.admin)


def calls(rig: Rig) -> int:
    """Count the write calls that Calendly got."""
    return sum(call.method != "GET" for call in rig.sandbox.calls())


def uncertain(rig: Rig, **changes: Any) -> DeliveryLog:
    """Give a delivery of which nobody knows whether it took effect."""
    rig.destination("manual", manual={"method": "POST", "url": "/scheduling_links"}, **changes)
    rig.sandbox.faults.add("cut_after", match={"method": "POST"})
    (identifier,) = rig.accept(GOOD_RECORDS["manual"])
    rig.turn_until(lambda: rig.delivery(identifier).state == "uncertain")
    return rig.delivery(identifier)


def dead(rig: Rig, number: int, identifier: str = "here") -> list[str]:
    """Give deliveries that Calendly refused."""
    records = [
        {**LINK, "owner": "https://api.calendly.com/event_types/NOWHERE", "n": n} for n in range(number)
    ]
    ids = rig.accept(records, identifier)
    rig.drain()
    assert {"dead"} == {rig.delivery(each).state for each in ids}
    return ids


@pytest.mark.parametrize(("settled", "error"), [("delivered", False), ("dead", True)])
def test_a_person_settles_an_uncertain_delivery_and_its_callback_tells(
    rig: Rig, settled: str, error: bool
) -> None:
    """With the person's note, and the last request; Calendly is not called."""
    identifier = uncertain(rig).id
    rig.drain()

    answer = api(rig, "POST", f"/deliveries/{identifier}/resolve", {"as": settled, "note": "Ana saw it"})
    rig.drain()
    asked, told = rig.told()

    reason = f"Resolved by hand as {settled}: Ana saw it"
    assert (200, settled, reason) == (
        answer.status_code,
        answer.get_json()["state"],
        answer.get_json()["reason"],
    )
    assert ["delivery.uncertain", f"delivery.{settled}"] == [asked["type"], told["type"]]
    assert ({"verdict": "unknown", "message": reason} if error else None) == told["data"]["error"]
    assert (None if error else reason) == told["data"].get("note")
    assert (asked["data"]["request"], [GOOD_RECORDS["manual"]]) == (
        told["data"]["request"],
        told["data"]["records"],
    )
    assert 1 == calls(rig)


def test_a_resolution_before_the_first_news_is_told_is_the_only_news(rig: Rig) -> None:
    """Nobody hears that it is uncertain any more."""
    rig.destination("manual", manual={"method": "POST", "url": "/scheduling_links"})
    rig.sandbox.faults.add("cut_after", match={"method": "POST"})
    (identifier,) = rig.accept(GOOD_RECORDS["manual"])
    rig.forget_who_was_asked()
    serve(rig.services, Lane("delivery", "here"))
    assert "uncertain" == rig.delivery(identifier).state

    rig.manage("POST", f"/deliveries/{identifier}/resolve", {"as": "dead"})
    rig.drain()

    assert ["delivery.dead"] == [each["type"] for each in rig.told()]
    assert "Resolved by hand as dead." == rig.delivery(identifier).reason


def test_a_resolution_without_a_callback_tells_nobody(rig: Rig) -> None:
    """The log has it."""
    identifier = uncertain(rig, callback=None).id

    rig.manage("POST", f"/deliveries/{identifier}/resolve", {"as": "delivered"})
    rig.drain()

    assert ("delivered", []) == (rig.delivery(identifier).state, rig.told())


def test_only_an_uncertain_delivery_is_resolved(rig: Rig) -> None:
    """The refusal says what it is instead."""
    rig.destination("create_scheduling_link")
    (identifier,) = dead(rig, 1)

    answer = api(rig, "POST", f"/deliveries/{identifier}/resolve", {"as": "delivered"})

    problem = assert_problem(answer, 409, "conflict")
    assert "this one is dead" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/as"),
        ({"as": None}, "#/as"),
        ({"as": "canceled"}, "#/as"),
        ({"as": 1}, "#/as"),
        ({"as": "dead", "note": "x" * 501}, "#/note"),
        ({"as": "dead", "note": "a\nb"}, "#/note"),
        ({"as": "dead", "because": "x"}, "#/because"),
        ({"settled": "dead"}, "#/settled"),
    ],
)
def test_a_wrong_resolution_is_refused(rig: Rig, body: Any, pointer: str) -> None:
    """Each fault is pointed at, and nothing has changed."""
    identifier = uncertain(rig).id

    assert_problem(api(rig, "POST", f"/deliveries/{identifier}/resolve", body), 422, "invalid", pointer)

    assert "uncertain" == rig.delivery(identifier).state


def test_a_retry_by_hand_makes_one_call_in_the_place_of_the_automatic_one(rig: Rig) -> None:
    """What would have been tried again in minutes is tried now, and not once more then."""
    rig.destination("cancel_scheduled_event")
    rig.sandbox.faults.add("503", headers={"Retry-After": "300"})
    (identifier,) = rig.accept(CANCEL)
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    waits_until = rig.delivery(identifier).next_attempt_at
    assert waits_until is not None
    assert waits_until > time.time() + 200

    rig.manage("POST", f"/deliveries/{identifier}/retry")
    rig.forget_pauses()
    rig.drain()
    rig.turn()

    assert ("delivered", 2, 2) == (
        rig.delivery(identifier).state,
        rig.delivery(identifier).attempt_count,
        calls(rig),
    )
    assert 0 == rig.store.redis.zcard(f"{Lane('delivery', 'here').prefix}due:delivery/here")


@pytest.mark.parametrize("wakes", ["before the call", "after the call"])
def test_a_frozen_worker_and_a_retry_by_hand_make_one_call_together(rig: Rig, wakes: str) -> None:
    """The worker sends nothing when it wakes, and what it says does not count: the person's retry is the one call."""
    rig.destination("cancel_scheduled_event")
    (identifier,) = rig.accept(CANCEL)
    here = OneLane(rig.store, make=False)
    _, frozen = here.claim_one()
    here.die()
    rig.turn_until(lambda: rig.delivery(identifier).state == "retrying")
    begun = rig.delivery(identifier).attempts[0].started_at

    by_hand = rig.manage("POST", f"/deliveries/{identifier}/retry")
    may_begin = datetime.fromisoformat(by_hand["next_attempt_at"]).timestamp()
    if wakes == "before the call":
        assert not here.settle(frozen, ended("retrying", wait=0.0))
    here.make_due()
    rig.drain()
    if wakes == "after the call":
        assert not here.settle(frozen, ended("retrying", wait=0.0))
        rig.drain()

    assert may_begin >= begun + rig.settings.call_timeout
    assert ("delivered", 2, 1) == (
        rig.delivery(identifier).state,
        rig.delivery(identifier).attempt_count,
        calls(rig),
    )


def test_a_dry_run_counts_and_the_same_without_it_replays(rig: Rig) -> None:
    """What the first says, the second does; then nothing matches any more."""
    rig.destination("create_scheduling_link")
    ids = dead(rig, 3)
    selection = {"state": "dead", "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}

    looked = rig.manage("POST", "/destinations/here/replay", {**selection, "dry_run": True})
    before = calls(rig)
    done = rig.manage("POST", "/destinations/here/replay", selection)
    rig.drain()

    assert (3, 0, 0, False) == tuple(looked[name] for name in ("matching", "replayed", "skipped", "more"))
    assert looked["oldest"] <= looked["newest"]
    assert {**looked, "replayed": 3} == done
    assert (before + 3, {2}) == (calls(rig), {rig.delivery(each).attempt_count for each in ids})


def test_a_replay_asks_for_a_turn(rig: Rig) -> None:
    """Nobody has to wait for the next look at the attention list."""
    rig.destination("create_scheduling_link")
    dead(rig, 1)
    queue: Any = rig.store.turns.queue
    queue.empty()

    rig.manage("POST", "/destinations/here/replay", {"state": "dead"})

    assert 1 == rig.store.turns.waiting()


def test_uncertain_deliveries_are_replayed_by_who_knows_what_that_may_do(rig: Rig) -> None:
    """A look is free."""
    identifier = uncertain(rig).id
    path, selection = "/destinations/here/replay", {"state": "uncertain"}

    assert 1 == rig.manage("POST", path, {**selection, "dry_run": True})["matching"]
    assert_problem(api(rig, "POST", path, selection), 422, "invalid", "#/acknowledge")
    assert "uncertain" == rig.delivery(identifier).state
    assert 1 == rig.manage("POST", path, {**selection, "acknowledge": "may_repeat"})["replayed"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/state"),
        ({"state": "delivered"}, "#/state"),
        ({"state": "split"}, "#/state"),
        ({"state": "dead", "limit": 0}, "#/limit"),
        ({"state": "dead", "limit": 10_001}, "#/limit"),
        ({"state": "dead", "limit": "5"}, "#/limit"),
        ({"state": "dead", "dry_run": "yes"}, "#/dry_run"),
        ({"state": "dead", "since": "yesterday"}, "#/since"),
        ({"state": "dead", "until": "2026-01-01"}, "#/until"),
        ({"state": "dead", "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "#/until"),
        ({"state": "uncertain", "acknowledge": "yes"}, "#/acknowledge"),
        ({"state": "dead", "record": "x"}, "#/record"),
    ],
)
def test_a_wrong_selection_is_refused(rig: Rig, body: Any, pointer: str) -> None:
    """Nobody should replay more than was meant."""
    rig.destination("create_scheduling_link")

    assert_problem(api(rig, "POST", "/destinations/here/replay", body), 422, "invalid", pointer)


def test_a_replay_in_a_paused_destination_waits_for_its_activation(rig: Rig) -> None:
    """It is held like the rest."""
    rig.destination("create_scheduling_link")
    (identifier,) = dead(rig, 1)
    rig.manage("POST", "/destinations/here/pause")
    before = calls(rig)

    rig.manage("POST", "/destinations/here/replay", {"state": "dead"})
    rig.drain()
    assert ("queued", before) == (rig.delivery(identifier).state, calls(rig))
    rig.activate("here")
    rig.drain()

    assert (2, before + 1) == (rig.delivery(identifier).attempt_count, calls(rig))


def test_a_destination_is_deleted_with_the_number_of_what_waits(rig: Rig) -> None:
    """The refusal names it; with it, what waited is canceled and nobody is called."""
    rig.destination("create_scheduling_link", activate=False)
    ids = rig.accept([LINK] * 3)

    unasked = assert_problem(api(rig, "DELETE", "/destinations/here"), 409, "conflict")
    wrong = assert_problem(
        api(rig, "DELETE", "/destinations/here", {"discard": 2}), 409, "conflict", "#/discard"
    )
    gone = api(rig, "DELETE", "/destinations/here", {"discard": 3})
    rig.drain()

    assert (
        '3 deliveries of this destination still wait; nothing was deleted. With {"discard": 3}'
        in unasked["detail"]
    )
    assert "should be 3: that many deliveries wait" == wrong["errors"][0]["detail"]
    assert (204, b"") == (gone.status_code, gone.data)
    assert {("canceled", "Discarded with its destination.")} == {
        (rig.delivery(each).state, rig.delivery(each).reason) for each in ids
    }
    assert (0, []) == (calls(rig), rig.told())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"discard": -1}, "#/discard"),
        ({"discard": "3"}, "#/discard"),
        ({"discard": True}, "#/discard"),
        ({"discard": 1.5}, "#/discard"),
        ({"all": True}, "#/all"),
    ],
)
def test_a_wrong_deletion_is_refused(rig: Rig, body: Any, pointer: str) -> None:
    """Nothing is deleted on a guess."""
    rig.destination("create_scheduling_link")

    assert_problem(api(rig, "DELETE", "/destinations/here", body), 422, "invalid", pointer)

    assert "here" == rig.manage("GET", "/destinations/here")["id"]


@pytest.mark.parametrize("body", [b"[]", b"{", b"3", b'{"discard": 1, "discard": 2}', b"\xff"])
def test_the_body_of_a_deletion_is_strict_json(rig: Rig, body: bytes) -> None:
    """The same reading as elsewhere; an empty one says nothing."""
    rig.destination("create_scheduling_link")
    path = "/api/v1/destinations/here"

    assert_problem(rig.client.delete(path, data=body, headers=rig.admin), 400, "bad_request")
    assert 204 == rig.client.delete(path, data=b" ", headers=rig.admin).status_code


def test_what_a_web_process_left_over_is_ended_by_a_worker(rig: Rig) -> None:
    """Its tidying finds it."""
    rig.destination("create_scheduling_link", activate=False)
    (identifier,) = rig.accept(LINK)
    rig.store.destinations.delete("here", 1)
    assert "queued" == rig.delivery(identifier).state

    Tidy(rig.services).tidy()

    assert "canceled" == rig.delivery(identifier).state
