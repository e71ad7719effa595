"""Strict order the whole way: calls reach Calendly one at a time, in the order in which records were accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from relay.store import Lane, keys
from tests.recorder import Recorder
from tests.rig import Rig
from tests.waiting import until
from workers.lane_work import Work
from workers.serving import Turn
from workers.turn import serve
from workers.work import work_on

Both = tuple[Rig, Recorder]


def make(rig: Rig, method: str = "POST", **delivery: Any) -> None:
    """Make a destination in strict order, whose calls name their records."""
    rig.destination(
        "manual",
        manual={"method": method, "url": "/x"},
        callback=None,
        delivery={"strict_order": True, "concurrency": 8, **delivery},
    )


def accept(rig: Rig, *numbers: int) -> list[str]:
    """Accept records, in requests of their own."""
    return [identifier for number in numbers for identifier in rig.accept({"n": number})]


def order(recorder: Recorder) -> list[int]:
    """Give the records in the order of their calls, repeats included."""
    return [json.loads(each.body)["n"] for each in recorder.requests]


@pytest.mark.parametrize("requests", [1, 20])
def test_calls_come_in_the_order_of_acceptance(rig_and_recorder: Both, requests: int) -> None:
    """One after the other, whether the records came in one request or in many."""
    rig, recorder = rig_and_recorder
    make(rig)
    if requests == 1:
        rig.accept([{"n": number} for number in range(20)])
    else:
        accept(rig, *range(20))

    rig.drain()

    assert list(range(20)) == order(recorder)


@pytest.mark.parametrize("statuses", [[503], [503, 503, 503], [201, 503, 201, 503]])
def test_a_record_that_waits_to_be_repeated_holds_up_the_rest(
    rig_and_recorder: Both, statuses: list[int]
) -> None:
    """Also those that are accepted meanwhile."""
    rig, recorder = rig_and_recorder
    recorder.statuses += statuses
    make(rig)
    accept(rig, 0, 1, 2)
    rig.turn_until(lambda: recorder.requests)

    accept(rig, 3)
    rig.drain()

    assert [0, 1, 2, 3] == list(dict.fromkeys(order(recorder)))
    assert sorted(order(recorder)) == order(recorder)
    assert 4 + statuses.count(503) == len(recorder.requests)


def test_a_record_that_met_a_closed_rate_window_goes_first_when_it_opens(rig_and_recorder: Both) -> None:
    """Nobody else of the destination goes before it."""
    rig, recorder = rig_and_recorder
    recorder.statuses += [429]
    make(rig)
    (first, *_) = accept(rig, 0, 1, 2)
    rig.turn_until(lambda: rig.delivery(first).state == "retrying")
    accept(rig, 3)
    redis: Any = rig.store.redis
    redis.delete(keys.budget("acme"))
    redis.zadd(keys.due(Lane("delivery", "here")), {first: 1}, xx=True)

    rig.forget_pauses()
    rig.drain()

    assert [0, 0, 1, 2, 3] == order(recorder)


def test_a_refused_credential_holds_the_order(rig_and_recorder: Both) -> None:
    """The destination pauses; when it goes on, the record that met the refusal is the first."""
    rig, recorder = rig_and_recorder
    make(rig)
    recorder.statuses += [401]
    accept(rig, 0, 1, 2)
    rig.turn_until(lambda: recorder.requests)
    accept(rig, 3)
    paused = rig.store.destinations.get("here").state

    rig.activate("here")
    rig.drain()

    assert "paused" == paused
    assert [0, 0, 1, 2, 3] == order(recorder)


def test_an_uncertain_record_waits_for_a_person_and_the_rest_goes_on(rig_and_recorder: Both) -> None:
    """Retried by hand, it comes when the person decides."""
    rig, recorder = rig_and_recorder
    make(rig)
    recorder.statuses += [500]
    (first, *_) = accept(rig, 0, 1, 2)
    rig.drain()
    state = rig.delivery(first).state

    rig.manage("POST", f"/deliveries/{first}/retry")
    rig.outcome(first)

    assert "uncertain" == state
    assert [0, 1, 2, 0] == order(recorder)


@pytest.mark.parametrize(("deed", "calls"), [("cancel", [0, 1, 2]), ("retry", [0, 0, 1, 2])])
def test_a_person_may_end_the_waiting_of_the_head(
    rig_and_recorder: Both, deed: str, calls: list[int]
) -> None:
    """Canceled or retried by hand, it holds up nobody any more: the rest goes at once, not when it would have gone."""
    rig, recorder = rig_and_recorder
    rig.services = replace(rig.services, settings=replace(rig.settings, retry_base=3600.0))
    make(rig)
    recorder.statuses += [503]
    (first, *_) = accept(rig, 0, 1, 2)
    rig.turn_until(lambda: rig.delivery(first).state == "retrying")

    rig.manage("POST", f"/deliveries/{first}/{deed}")
    rig.drain()

    assert calls == order(recorder)


def test_switched_off_the_rest_goes_at_once(rig_and_recorder: Both) -> None:
    """And the head when its time has come."""
    rig, recorder = rig_and_recorder
    rig.services = replace(rig.services, settings=replace(rig.settings, retry_base=3600.0))
    make(rig)
    recorder.statuses += [503]
    (first, *_) = accept(rig, 0, 1, 2)
    rig.turn_until(lambda: rig.delivery(first).state == "retrying")

    rig.manage("PATCH", "/destinations/here", {"delivery": {"strict_order": False}})
    rig.turn_until(lambda: len(recorder.requests) == 3)

    assert {0, 1, 2} == set(order(recorder))
    assert "retrying" == rig.delivery(first).state


def test_a_worker_that_dies_leaves_the_order_as_it_was(rig_and_recorder: Both) -> None:
    """Its call may have arrived: it is repeated where that is harmless, and before anything that came after it."""
    rig, recorder = rig_and_recorder
    make(rig, "PUT")
    ids = accept(rig, 0, 1, 2)
    lane = Lane("delivery", "here")
    lease = rig.store.lanes.lease(lane)
    assert lease
    rig.store.lanes.claim(lease, 5)
    rig.store.redis.hset(keys.lane_of(lane), "lease_until", 1)

    rig.hurry_until(lambda: rig.states() == {"delivered": 3})

    assert [0, 1, 2] == order(recorder)
    assert [2, 1, 1] == [rig.delivery(each).attempt_count for each in ids]


class CountedTurn(Turn):
    """A turn that counts its claims."""

    claims = 0

    def _claim(self, limit: int) -> Any:
        self.claims += 1
        return super()._claim(limit)


def test_no_turn_runs_hot_while_the_head_waits(rig_and_recorder: Both) -> None:
    """Many wait behind it; a turn looks a few times and goes, and nobody is asked to come before its time."""
    rig, recorder = rig_and_recorder
    rig.services = replace(rig.services, settings=replace(rig.settings, retry_base=3600.0))
    make(rig)
    recorder.statuses += [503]
    (first, *_) = accept(rig, *range(20))
    rig.turn_until(lambda: rig.delivery(first).state == "retrying")
    asked = len(rig.store.lanes.whose_time_has_come(10))
    lane = Lane("delivery", "here")
    lease, work = rig.store.lanes.lease(lane), work_on(rig.services, lane)
    assert lease
    assert work
    lease.revision = work.destination.revision
    turn = CountedTurn(rig.services, lease, work)

    turn.run()

    assert (0, 1) == (asked, len(recorder.requests))
    assert turn.claims <= 1


def test_no_turn_runs_hot_after_an_attempt_that_broke_off(rig_and_recorder: Both) -> None:
    """A fault of ours in mid-attempt: it stays in flight, and the turn ends instead of asking for more again and again."""
    rig, _ = rig_and_recorder
    make(rig)
    accept(rig, *range(5))
    lane = Lane("delivery", "here")
    lease, work = rig.store.lanes.lease(lane), work_on(rig.services, lane)
    assert lease
    assert work
    turn = CountedTurn(rig.services, lease, Broken(work))

    turn.run()

    assert turn.claims <= 4
    assert 1 == rig.store.redis.zcard(keys.flight(lane))


class Broken:
    """Work whose attempts break off."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.concurrency = work.concurrency

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def attempt(self, claimed: Any) -> Any:
        """Break off."""
        raise ZeroDivisionError(claimed.id)


def test_there_are_never_two_in_flight(rig_and_recorder: Both) -> None:
    """However many calls at a time the destination asks for, and however many turns try."""
    rig, recorder = rig_and_recorder
    make(rig)
    accept(rig, *range(10))
    most = 0

    def look() -> bool:
        nonlocal most
        serve(rig.services, Lane("delivery", "here"))
        most = max(most, rig.store.redis.zcard(keys.flight(Lane("delivery", "here"))))
        return len(recorder.requests) == 10

    until(look)

    assert most <= 1
    assert list(range(10)) == order(recorder)
    starts = [each.attempts[0] for each in (rig.delivery(one) for one in ids_of(rig))]
    assert all(one.ended_at <= two.started_at for one, two in pairwise(starts) if one.ended_at)


def ids_of(rig: Rig) -> list[str]:
    """Give all deliveries, oldest first."""
    redis: Any = rig.store.redis
    return [name.decode() for name in redis.zrange(keys.log(Lane("delivery", "here").shard, "here"), 0, -1)]
