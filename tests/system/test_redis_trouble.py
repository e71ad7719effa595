"""Every trouble that Redis can have, put on while records come and go: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.processes import Processes
from tests.redis_trouble import Trouble
from tests.system.calendly_double import CalendlyDouble
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches, subject
from tests.system.upstream import Poster, Upstream, links
from tests.waiting import until

RECORDS = 200  # at least
BETWEEN = 25  # records between two troubles
CALL = 0.01  # seconds that each call takes
LONG = 1.6  # seconds that a trouble stays: longer than anybody waits for one command
SOON = 2.5  # seconds: two are promised, and the machine that runs this is busy
CROWD = 24  # senders at once, for eight threads
TROUBLES = ("gone", "dark", "frozen", "slow", "read_only", "full", "locked")


@pytest.fixture
def house(make_processes: MakeProcesses) -> Processes:
    """Processes that do not run yet."""
    return make_processes(RELAY_WEB_THREADS="8")


@pytest.fixture
def trouble(house: Processes) -> Iterator[Trouble]:
    """The trouble of their Redis, which they reach by a way that can be cut."""
    house.redis.start()
    trouble = Trouble(house.redis)
    house.environment["REDIS_URL"] = trouble.url
    yield trouble
    trouble.close()


@pytest.fixture
def upstream(house: Processes, trouble: Trouble) -> Upstream:
    """An upstream system with a destination whose calls must never be made twice."""
    assert trouble.redis.ping()
    house.web()
    house.worker()
    house.await_web()
    house.await_workers(1)
    upstream = Upstream(house.url)
    upstream.credential()
    upstream.destination("links", "create_scheduling_link")
    return upstream


@pytest.mark.timeout(120)
def test_each_trouble_while_records_come_and_go(
    upstream: Upstream, trouble: Trouble, house: Processes, calendly: CalendlyDouble
) -> None:
    """Posts are answered 202 or 503, and soon; what was answered with 202 is delivered once; all recover by themselves."""
    calendly.delay = CALL
    poster = Poster(upstream, "links", links)
    poster.start()
    for kind in TROUBLES:
        before = len(poster.ids)
        until(lambda: len(poster.ids) >= before + BETWEEN)  # noqa: B023  asked at once
        with trouble.put_on(kind):
            time.sleep(LONG)  # a trouble has a length; nothing is waited for
    until(lambda: len(poster.ids) >= RECORDS, 60)
    poster.finish()
    until(lambda: upstream.at_rest("links") >= len(poster.ids), 60, every=0.2)
    counts = calendly.counts()

    assert {202, 503} == poster.statuses()
    assert max(answer.elapsed.total_seconds() for answer in poster.answers) < SOON
    assert [] == list(mismatches(upstream, calendly, "links", poster.ids))
    assert {1} == {counts[subject(record)] for record in poster.ids.values()}
    assert all(program.alive for program in house.programs)


@pytest.mark.timeout(60)
def test_a_crowd_in_front_of_a_frozen_redis_is_not_kept_waiting(upstream: Upstream, house: Processes) -> None:
    """More senders than there are threads, and nobody waits for the sum of what others wait for."""
    house.freeze_redis()
    answers = _of_a_crowd(lambda: upstream.post("links", links("links", [1])))
    house.thaw_redis()

    _assert_soon(answers)
    until(lambda: upstream.post("links", links("links", [2])).status_code == 202)


@pytest.mark.timeout(60)
def test_no_other_crowd_keeps_senders_waiting(upstream: Upstream, house: Processes, trouble: Trouble) -> None:
    """Neither those whom nobody knows, at a frozen Redis, nor senders themselves, at one that takes no writes."""
    strangers: list[Callable[[], requests.Response]] = [
        lambda: upstream.ask("GET", "/api/v1/destinations", key="a-wrong-key-of-somebody"),
        lambda: upstream.ask("GET", "/api/v1/destinations"),
        lambda: upstream.ask("GET", "/readyz"),
        lambda: upstream.ask("GET", "/console/connect?state=made-up"),
    ]
    house.freeze_redis()
    answers = _of_a_crowd(*strangers, lambda: upstream.post("links", links("links", [1])))
    house.thaw_redis()
    until(lambda: upstream.post("links", links("links", [2])).status_code == 202)
    with trouble.put_on("read_only"):
        refused = _of_a_crowd(lambda: upstream.post("links", links("links", [3])))

    assert {401, 503} == {answer.status_code for answer in answers}
    assert max(answer.elapsed.total_seconds() for answer in answers) < SOON
    _assert_soon(refused)


def _of_a_crowd(*asking: Callable[[], requests.Response]) -> list[requests.Response]:
    """Ask as many times as there are in a crowd, all at once, each of these in turn; give the answers."""
    with ThreadPoolExecutor(CROWD) as crowd:
        asked = [crowd.submit(asking[number % len(asking)]) for number in range(CROWD)]
        return [each.result() for each in asked]


def _assert_soon(answers: list[requests.Response]) -> None:
    assert {503} == {answer.status_code for answer in answers}
    assert max(answer.elapsed.total_seconds() for answer in answers) < SOON


@pytest.mark.timeout(60)
def test_a_redis_that_comes_back_empty_is_not_filled_by_those_who_remember(
    upstream: Upstream, trouble: Trouble, house: Processes, calendly: CalendlyDouble
) -> None:
    """Calls under way end without a trace, senders keep their records, and all works again once it is set up anew."""
    calendly.hold()
    upstream.accept("links", links("links", range(4)))
    until(lambda: calendly.in_flight == 4)
    trouble.redis.flushall()
    refused = upstream.post("links", links("links", [9]))
    calendly.let_go()
    until(lambda: house.programs[-1].said().count("attempt.end_not_written") == 4)
    until(lambda: _workers(trouble) == [(True, True)])
    kept = {key.decode() for key in trouble.redis.scan_iter("relay:*")}
    unready = house.health("/readyz")
    upstream.credential()
    upstream.destination("links", "create_scheduling_link")
    (identifier,) = upstream.accept("links", links("links", [10]))
    until(lambda: upstream.delivery(identifier)["state"] == "delivered")

    assert (503, "store_lost") == (refused.status_code, refused.json()["type"].rpartition(":")[2])
    assert 503 == unready
    assert set() == {key for key in kept if not _is_of_no_record(key)}
    assert 200 == house.health("/readyz")
    assert all(program.alive for program in house.programs)


def _workers(trouble: Trouble) -> list[tuple[Any, Any]]:
    """Tell of each worker that RQ knows whether its entry is whole."""
    names = trouble.redis.smembers("rq:workers")
    return [(trouble.redis.hexists(name, "birth"), trouble.redis.hexists(name, "queues")) for name in names]


def _is_of_no_record(key: str) -> bool:
    """Tell of a key that holds nothing of any record or setting: what a process says of itself, or a rate window."""
    return (
        key == "relay:workers"
        or key.startswith("relay:task:")
        or "{credential" in key
        or key.endswith(":clock")
    )
