"""A worker process in one: turns run from RQ, lost jobs are made good, and the queue stays short."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.errors import StoreUnavailable
from relay.store import Lane
from relay.store.connection import connect
from relay.store.turns import FUNCTION
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from tests.waiting import until
from workers.threaded import ThreadedWorker
from workers.tidy import Tidy
from workers.turn import take_turn
from workers.turn_job import TurnJob
from workers.watch import Watch

LINK = GOOD_RECORDS["create_scheduling_link"]
WorkUntil = Callable[[Callable[[], Any]], None]


@pytest.fixture
def work_until(rig: Rig) -> Iterator[WorkUntil]:
    """Run a worker in this thread until something is true."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(what: Callable[[], Any]) -> None:
        stopping = rig.services.stopping
        worker = ThreadedWorker(connect(rig.settings.redis_url, patience=15), rig.services.room, stopping)

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


def test_a_job_that_is_taken_as_the_process_ends_is_passed_on(rig: Rig) -> None:
    """Its lane is due at once for another process: it need not wait until whoever was asked counts as late."""
    rig.destination("create_scheduling_link")
    rig.accept(LINK)
    rig.services.stopping.set()

    take_turn("delivery/here")

    assert [Lane("delivery", "here")] == rig.store.lanes.whose_time_has_come(1)
    assert {"queued": 1} == rig.states()


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


class Touching:
    """What, once it is unpickled, has made a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def plant(rig: Rig, **fields: str | bytes) -> str:
    """Put a job for a turn into the queue, overwrite these fields of its entry, and give its id."""
    job = rig.store.turns.queue.enqueue(FUNCTION, "delivery/nowhere")
    for name, value in fields.items():
        rig.store.redis.hset(f"rq:job:{job.id}", name, value)
    return str(job.id)


def as_data(function: str, *arguments: str) -> bytes:
    """Give a call as RQ's JSON serializer writes it."""
    return zlib.compress(json.dumps([function, None, arguments, {}]).encode())


@pytest.mark.parametrize("packed", [True, False])
def test_a_pickled_job_is_not_read(rig: Rig, work_until: WorkUntil, tmp_path: Path, *, packed: bool) -> None:
    """Who can write into Redis cannot run code in a worker by a pickle, wherever in the job it is."""
    folder = tmp_path / "made"
    opcodes = pickle.dumps(Touching(folder))
    pickle.loads(opcodes)  # noqa: S301 # it would work
    folder.rmdir()
    rig.destination("create_scheduling_link")
    whole = zlib.compress(opcodes) if packed else opcodes
    plant(rig, data=whole)
    plant(rig, meta=opcodes, result=opcodes, exc_info=whole)
    rig.accept(LINK)

    work_until(delivered(rig, 1))

    assert not folder.exists()


def test_a_job_that_is_no_turn_is_not_run(rig: Rig, work_until: WorkUntil, tmp_path: Path) -> None:
    """RQ would call whatever a job names, and whatever it names for its end; here only turns are ever called."""
    folder = tmp_path / "made"
    rig.destination("create_scheduling_link")
    plant(rig, data=as_data("os.mkdir", str(folder)))
    plant(rig, data=as_data("os.mkdir", str(folder)), failure_callback_name="tests.rig.no_such_function")
    plant(rig, success_callback_name="os.system", failure_callback_name="os.system")
    rig.accept(LINK)

    work_until(delivered(rig, 1))

    assert not folder.exists()


def test_a_job_is_not_read_for_what_its_end_should_run(rig: Rig) -> None:
    """RQ's own job imports it; this one does not."""
    identifier = plant(rig, success_callback_name="antigravity.x", failure_callback_name="antigravity.x")
    queue = rig.store.turns.queue
    job = TurnJob.fetch(identifier, connection=queue.connection, serializer=queue.serializer)

    ends = (job.success_callback, job.failure_callback, job.stopped_callback)

    assert (None, None, None) == ends
    assert "antigravity" not in sys.modules


def test_nothing_in_redis_is_a_pickle(rig: Rig, work_until: WorkUntil) -> None:
    """After records went all the way, no value of any key would be read as one."""
    rig.destination("create_scheduling_link")
    rig.accept([LINK] * 3)
    work_until(delivered(rig, 3))

    dumped = [rig.store.redis.dump(key) or b"" for key in rig.store.redis.scan_iter("*")]

    assert dumped
    assert [] == [value for value in dumped for start in (b"\x80\x04\x95", b"\x80\x05\x95") if start in value]


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
