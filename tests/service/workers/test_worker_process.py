"""A worker process in one: turns run from RQ, lost jobs are made good, and the queue stays short."""

from __future__ import annotations

import json
import signal
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from relay.errors import StoreUnavailable
from relay.store.connection import connect
from relay.store.turns import FUNCTION, QUEUE
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from tests.waiting import until
from workers.threaded import ThreadedWorker
from workers.tidy import Tidy
from workers.turn import take_turn
from workers.watch import Watch

LINK = GOOD_RECORDS["create_scheduling_link"]
WorkUntil = Callable[[Callable[[], Any]], None]


@pytest.fixture
def work_until(rig: Rig) -> Iterator[WorkUntil]:
    """Run a worker in this thread until something is true."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(what: Callable[[], Any]) -> None:
        stopping = rig.services.stopping
        worker = ThreadedWorker(connect(rig.settings.redis_url, patience=15), 4, stopping)

        def stop() -> None:
            try:
                until(what)
            finally:
                stopping.set()

        waiting = threading.Thread(target=stop)
        waiting.start()
        worker.run()
        waiting.join()
        assert what()

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


def delivered(rig: Rig, number: int) -> Callable[[], bool]:
    """Tell whether so many deliveries are delivered."""
    return lambda: rig.states().get("delivered") == number


def test_a_turn_that_was_asked_for_runs(rig: Rig, work_until: WorkUntil) -> None:
    """The web process enqueues it, and the worker serves the lane: no watch is needed for that."""
    rig.destination("create_scheduling_link")
    rig.accept([LINK] * 5)

    work_until(delivered(rig, 5))

    assert {"delivered": 5} == rig.states()
    assert 0 == rig.store.turns.waiting()


def test_a_lost_job_is_made_good(rig: Rig, work_until: WorkUntil) -> None:
    """RQ's keys are gone; the attention list still knows the lane."""
    rig.destination("create_scheduling_link")
    rig.accept([LINK] * 3)
    for key in rig.store.redis.scan_iter("rq:*"):
        rig.store.redis.delete(key)
    rig.forget_who_was_asked()

    Watch(rig.services).start()
    work_until(lambda: rig.states() == {"delivered": 3} and len(rig.sandbox.callbacks("here")) == 3)

    assert 1 == rig.store.presence.workers()


def test_a_job_that_makes_no_sense_does_not_stop_the_worker(rig: Rig, work_until: WorkUntil) -> None:
    """It fails by itself, and the next one runs."""
    rig.store.turns.queue.enqueue(FUNCTION, "no lane")
    rig.store.turns.queue.enqueue("workers.turn.no_such_function")
    rig.destination("create_scheduling_link")
    rig.accept(LINK)

    work_until(delivered(rig, 1))

    assert {"delivered": 1} == rig.states()


def many_due_lanes(rig: Rig, number: int) -> list[OneLane]:
    """Give lanes with one record each, whose time has come."""
    lanes = [OneLane(rig.store, f"d{each}") for each in range(number)]
    for lane in lanes:
        lane.accept()
        lane.bring_forward()
    return lanes


def test_the_queue_stays_short_however_many_lanes_are_due(rig: Rig) -> None:
    """A watch asks for as many turns as can soon begin; what found no room stays on the list."""
    lanes = many_due_lanes(rig, 120)
    watch = Watch(rig.services)
    lengths = []
    for _ in range(8):
        watch.look()
        lengths.append(rig.store.turns.waiting())
        for lane in lanes:
            lane.bring_forward()

    assert max(lengths) <= 2 * rig.settings.worker_threads + 16
    assert 0 < min(lengths)


def test_one_job_serves_many_small_lanes_and_enqueues_none(rig: Rig) -> None:
    """Lanes that are due cost no job each."""
    lanes = many_due_lanes(rig, 40)

    take_turn(lanes[0].lane.name)

    assert 0 == rig.store.turns.waiting()
    assert [0] * 40 == [len(lane.due()) for lane in lanes]
    assert [None] * 40 == [lane.next_look() for lane in lanes]


def test_a_job_is_plain_json(rig: Rig) -> None:
    """Reading the queue can run nothing: no pickle is in it, only the lane's name."""
    rig.destination("create_scheduling_link")
    rig.accept(LINK)
    redis: Any = rig.store.redis
    jobs = [redis.hgetall(key) for key in redis.scan_iter("rq:job:*")]

    calls = [json.loads(zlib.decompress(job.pop(b"data"))) for job in jobs]
    rest = [value for job in jobs for value in job.values()]

    assert calls
    assert {FUNCTION} == {call[0] for call in calls}
    assert [["delivery/here"]] * len(calls) == [call[2] for call in calls]
    assert [] == [value for value in rest if value.startswith(b"\x80")]


def test_a_pickled_job_is_not_read(rig: Rig, work_until: WorkUntil, tmp_path: Any) -> None:
    """Who can write into Redis cannot run code in a worker by a pickle."""
    touched = tmp_path / "touched"
    rig.destination("create_scheduling_link")
    job = Queue(QUEUE, connection=rig.store.redis, serializer=JSONSerializer).enqueue(
        "workers.turn.take_turn"
    )
    opcodes = b"cpathlib\nPath.touch\n(cpathlib\nPath\n(V" + str(touched).encode() + b"\ntRtR."
    rig.store.redis.hset(f"rq:job:{job.id}", "data", opcodes)
    rig.accept(LINK)

    work_until(delivered(rig, 1))

    assert not touched.exists()


def test_the_watch_outlives_an_outage_and_a_fault_of_ours(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose watch has ended would leave lanes unattended and look healthy."""
    watch = Watch(rig.services)
    troubles = iter([StoreUnavailable(), KeyError("a fault of ours")])
    looks = []

    def look() -> None:
        looks.append(True)
        trouble = next(troubles, None)
        if trouble:
            raise trouble
        rig.services.stopping.set()

    monkeypatch.setattr(watch, "look", look)
    monkeypatch.setattr("workers.watch.AFTER_TROUBLE", 0.001)

    watch.run()

    assert 3 == len(looks)


def test_one_process_tidies_for_all(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logs are trimmed once, however many processes start; each looks after the secrets, whose keys may differ."""
    trims: list[bool] = []
    seals: list[bool] = []
    monkeypatch.setattr(type(rig.store.retention), "trim", lambda _: trims.append(True))
    monkeypatch.setattr(type(rig.store.resealing), "run", lambda _: seals.append(True))

    for _ in range(3):
        Tidy(rig.services).tidy()

    assert ([True], [True] * 3) == (trims, seals)


def test_a_turn_makes_way_for_those_that_were_asked_for_before(rig: Rig) -> None:
    """A job goes from lane to lane only while no other job waits for a thread."""
    for name in ("first", "second"):
        rig.destination("create_scheduling_link", name, callback=None)
    rig.accept(GOOD_RECORDS["create_scheduling_link"], "first")
    (second,) = rig.accept(GOOD_RECORDS["create_scheduling_link"], "second")
    rig.forget_who_was_asked()

    take_turn("delivery/first")

    assert rig.store.turns.waiting() > 0
    assert "queued" == rig.delivery(second).state
