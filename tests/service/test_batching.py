"""Batches the whole way: records share a call, a refused batch is halved until the bad record stands alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from relay.store import Lane, keys
from relay.store.attempts import Claimed, Ending
from relay.store.batched import records_of
from tests.recorder import Recorder
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.lane_work import Work
from workers.serving import Turn
from workers.work import work_on

Both = tuple[Rig, Recorder]
SPLITS = [400, 413, 422]


def make(rig: Rig, size: int = 4, method: str = "POST", **changes: Any) -> None:
    """Make a manual destination that batches and tells of what happens."""
    usual: dict[str, Any] = {
        "manual": {"method": method, "url": "/x"},
        "batch": {"size": size, "window": 60},
        "delivery": {"strict_order": True},
    }
    rig.destination("manual", **{**usual, **changes})


def records(*numbers: int) -> list[dict[str, Any]]:
    """Give records that can be told apart."""
    return [{"n": number} for number in numbers]


def bodies(recorder: Recorder) -> list[list[int]]:
    """Give the records of each call."""
    return [[each["n"] for each in json.loads(call.body)] for call in recorder.requests]


def close_windows(rig: Rig) -> None:
    """Let every window of the destination have passed."""
    OneLane(rig.store, make=False).make_due()


def log(rig: Rig) -> dict[str, Any]:
    """Give every delivery of the destination, by id, oldest first."""
    redis: Any = rig.store.redis
    names = redis.zrange(keys.log(Lane("delivery", "here").shard, "here"), 0, -1)
    return {name.decode(): rig.delivery(name.decode()) for name in names}


def outcomes(rig: Rig) -> dict[str, list[int]]:
    """Give the records by the state in which their last delivery ended."""
    found: dict[str, list[int]] = {}
    for each in log(rig).values():
        found.setdefault(each.state, []).extend(record["n"] for record in each.records)
    return {state: sorted(numbers) for state, numbers in found.items()}


def refuse(recorder: Recorder, bad: set[int], status: int = 422) -> None:
    """Have Calendly refuse each batch that holds one of these records."""
    judge = recorder._answer

    def answer(recorded: Any) -> tuple[int, Any]:
        usual = judge(recorded)
        held = {each["n"] for each in json.loads(recorded.body)} if recorded.body.startswith(b"[") else set()
        return (status, {"title": "Invalid Argument", "message": "One is wrong."}) if held & bad else usual

    recorder._answer = answer  # type: ignore[method-assign]


def test_a_batch_leaves_when_it_is_full_or_its_window_has_passed(rig_and_recorder: Both) -> None:
    """Whatever requests its records came in."""
    rig, recorder = rig_and_recorder
    make(rig, size=3)
    rig.accept(records(0, 1))
    rig.turn()
    before = len(recorder.requests)
    rig.accept(records(2, 3))
    rig.turn_until(lambda: recorder.requests)
    close_windows(rig)
    rig.drain()

    assert 0 == before
    assert [[0, 1, 2], [3]] == bodies(recorder)


def test_a_window_passes_by_itself(rig_and_recorder: Both) -> None:
    """In earnest, a second after the first record."""
    rig, recorder = rig_and_recorder
    make(rig, batch={"size": 100, "window": 1})
    first, _ = rig.accept(records(0, 1))

    rig.drain()

    assert [[0, 1]] == bodies(recorder)
    delivery = rig.delivery(first)
    assert 1.0 <= delivery.attempts[0].started_at - delivery.accepted_at


def test_a_batch_is_one_delivery_with_one_callback(rig_and_recorder: Both) -> None:
    """Which carries every record, in order."""
    rig, _ = rig_and_recorder
    make(rig, size=3)

    ids = rig.accept(records(0, 1, 2))
    rig.drain()
    (told,) = rig.told()

    assert 1 == len(set(ids))
    assert ("delivery.delivered", records(0, 1, 2)) == (told["type"], told["data"]["records"])
    assert 3 == rig.delivery(ids[0]).record_count
    assert {"batch": [{"method": "POST", "path": "/x", "body": one} for one in records(0, 1, 2)]} == dict(
        rig.delivery(ids[0]).fields
    )


@pytest.mark.parametrize("status", SPLITS)
def test_a_refused_batch_is_halved_until_the_bad_record_stands_alone(
    rig_and_recorder: Both, status: int
) -> None:
    """The good ones are delivered, one is dead; each part tells its own story, the halved ones none."""
    rig, recorder = rig_and_recorder
    make(rig, size=8)
    refuse(recorder, {5}, status)

    (batch, *_) = rig.accept(records(*range(8)))
    rig.drain()

    assert [[*range(8)], [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4], [5], [6, 7]] == bodies(recorder)
    by_state = outcomes(rig)
    assert ([0, 1, 2, 3, 4, 6, 7], [5]) == (by_state["delivered"], by_state["dead"])
    told = Counter(
        (each["type"], *(record["n"] for record in each["data"]["records"])) for each in rig.told()
    )
    assert {
        ("delivery.delivered", 0, 1, 2, 3): 1,
        ("delivery.delivered", 4): 1,
        ("delivery.dead", 5): 1,
        ("delivery.delivered", 6, 7): 1,
    } == told
    assert "split" == rig.delivery(batch).state
    for each in log(rig).values():
        assert all(rig.delivery(part).part_of == each.id for part in each.parts)
        assert not each.part_of or each.id in rig.delivery(each.part_of).parts


def test_halving_keeps_the_order(rig_and_recorder: Both) -> None:
    """Three batches of one request, two of them with a bad record: what came first is tried first."""
    rig, recorder = rig_and_recorder
    make(rig, size=4)
    refuse(recorder, {1, 10})

    rig.accept(records(*range(12)))
    rig.drain()

    delivered = [number for body in bodies(recorder) if not {1, 10} & set(body) for number in body]
    assert sorted(delivered) == delivered
    assert [1, 10] == outcomes(rig)["dead"]


@pytest.mark.parametrize("status", [403, 404, 409, 500])
def test_a_batch_that_is_refused_for_another_reason_stays_whole(rig_and_recorder: Both, status: int) -> None:
    """Halves of it would meet with the same."""
    rig, recorder = rig_and_recorder
    make(rig, size=2)
    recorder.statuses += [status]

    (batch, _) = rig.accept(records(0, 1))
    rig.drain()

    assert 1 == len(recorder.requests)
    assert ("uncertain" if status == 500 else "dead") == rig.delivery(batch).state


def test_one_record_alone_is_not_halved(rig_and_recorder: Both) -> None:
    """It is the bad one."""
    rig, recorder = rig_and_recorder
    make(rig, size=1)
    recorder.statuses += [422]

    (batch,) = rig.accept(records(0))
    rig.drain()

    assert ("dead", ()) == (rig.delivery(batch).state, rig.delivery(batch).parts)


def test_people_are_halved_as_well(rig_and_recorder: Both) -> None:
    """A batch of addresses is merged, and its halves are."""
    rig, recorder = rig_and_recorder
    rig.destination(
        "delete_invitee_data", callback=None, batch={"size": 3, "window": 60}, delivery={"strict_order": True}
    )
    recorder.statuses += [400]
    ada, grace, alan = (f"{name}@example.com" for name in ("ada", "grace", "alan"))

    rig.accept([{"emails": [ada, grace]}, {"emails": [grace]}, {"emails": [alan, ada]}])
    rig.drain()

    sent = [json.loads(call.body)["emails"] for call in recorder.requests]
    assert [[ada, grace, alan], [ada, grace], [alan, ada]] == sent


class Dies:
    """Work whose process dies in the middle of the call for these records."""

    def __init__(self, work: Work, numbers: list[int]) -> None:
        self._work = work
        self._numbers = numbers
        self.concurrency = work.concurrency

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def attempt(self, claimed: Claimed) -> Ending:
        """Call, or die."""
        if [record["n"] for record in records_of(claimed.item)] == self._numbers:
            raise InterruptedError(claimed.id)
        return self._work.attempt(claimed)


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("PUT", {"delivered": [0, 1, 2], "dead": [3]}),
        ("POST", {"uncertain": [0, 1], "delivered": [2], "dead": [3]}),
    ],
)
def test_a_worker_that_dies_while_a_batch_is_halved_loses_and_doubles_nothing(
    rig_and_recorder: Both, method: str, outcome: dict[str, list[int]]
) -> None:
    """The part that was on its way is repeated where that is harmless, and waits for a person where it is not."""
    rig, recorder = rig_and_recorder
    make(rig, size=4, method=method)
    refuse(recorder, {3})
    rig.accept(records(0, 1, 2, 3))
    lane = Lane("delivery", "here")
    for _ in ("the batch", "its first half"):
        lease, work = rig.store.lanes.lease(lane), work_on(rig.services, lane)
        assert lease
        assert work
        Turn(rig.services, lease, Dies(work, [0, 1])).run()
    before = outcomes(rig)

    rig.hurry_until(lambda: not {"sending", "queued", "retrying"} & set(outcomes(rig)))
    rig.drain()

    assert {"split": [0, 1, 2, 3], "sending": [0, 1], "queued": [2, 3]} == before
    assert outcome == {state: numbers for state, numbers in outcomes(rig).items() if state != "split"}


def test_tests_and_single_records_are_no_part_of_a_batch(rig_and_recorder: Both) -> None:
    """What is tested goes at once, and what collects goes on collecting."""
    rig, recorder = rig_and_recorder
    make(rig, size=2)
    rig.accept(records(0))
    settings = rig.store.destinations.get("here").settings
    fields = {"method": "POST", "path": "/x", "body": [{"n": 9}]}
    rig.store.acceptance.begin_test(settings, rig.store.new_delivery_id("here"), [{"n": 9}], fields)
    rig.turn_until(lambda: recorder.requests)
    rig.accept(records(1))
    rig.drain()

    assert [[9], [0, 1]] == bodies(recorder)


def test_a_batch_without_its_setting_still_leaves(rig_and_recorder: Both) -> None:
    """A person takes `batch` away while one collects: its records go together, the next ones alone."""
    rig, recorder = rig_and_recorder
    make(rig, size=5)
    rig.accept(records(0, 1))
    rig.manage("PATCH", "/destinations/here", {"batch": None})
    rig.accept(records(2))
    close_windows(rig)
    rig.drain()

    sent = sorted(json.dumps(json.loads(each.body)) for each in recorder.requests)
    assert ['[{"n": 0}, {"n": 1}]', '{"n": 2}'] == sent
