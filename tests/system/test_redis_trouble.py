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
from tests.system.conftest import making
from tests.system.judging import mismatches, subject
from tests.system.upstream import Poster, Upstream, links
from tests.waiting import until

pytestmark = pytest.mark.one_house

RECORDS = 200  # at least
BETWEEN = 25  # records between two troubles
CALL = 0.01  # seconds that each call takes
LONG = 1.6  # seconds that a trouble stays: longer than anybody waits for one command
CROWD = 48  # senders at once
THREADS = 2  # for all of them: if each had to wait for Redis in its turn, the last ones would wait for half a minute
SOON = 10.0  # seconds; two are promised
NOT_WRITTEN = (
    '"event": "attempt.end_not_written", "item": '  # what a worker says whose delivery is not there any more
)
TROUBLES = ("gone", "dark", "frozen", "slow", "read_only", "full", "locked")


@pytest.fixture(scope="module")
def waiting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, one_calendly: CalendlyDouble
) -> Iterator[Processes]:
    """Processes that do not run yet."""
    with making(request.node, tmp_path_factory.mktemp("troubled"), one_calendly) as make:
        yield make(RELAY_WEB_THREADS=str(THREADS))


@pytest.fixture(scope="module")
def trouble(waiting: Processes) -> Iterator[Trouble]:
    """The trouble of their Redis, which they reach by a way that can be cut."""
    waiting.redis.start()
    trouble = Trouble(waiting.redis)
    waiting.environment["REDIS_URL"] = trouble.url
    yield trouble
    trouble.close()


@pytest.fixture(scope="module")
def one_house(waiting: Processes, trouble: Trouble) -> Processes:
    """The same processes at work, with a credential in place."""
    assert trouble.redis.ping()
    waiting.web()
    waiting.worker()
    waiting.await_web()
    waiting.await_workers(1)
    Upstream(waiting.url).credential()
    return waiting


def test_each_trouble_while_records_come_and_go(
    upstream: Upstream, trouble: Trouble, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Posts are answered 202, or 503 while the trouble lasts; what was answered with 202 is delivered once; all recover by themselves."""
    calendly.delay = CALL
    here = upstream.destination("tried", "create_scheduling_link")
    poster = Poster(upstream, here, links)
    poster.start()
    for kind in TROUBLES:
        before = len(poster.ids)
        until(lambda: len(poster.ids) >= before + BETWEEN)  # noqa: B023  asked at once
        with trouble.put_on(kind):
            answered = len(poster.answers)
            time.sleep(LONG)  # a trouble has a length; nothing is waited for
            if kind != "slow":  # one that is slow may have taken everything
                until(lambda: 503 in poster.statuses(answered))  # noqa: B023  asked at once
    until(lambda: len(poster.ids) >= RECORDS, 120)
    poster.finish()
    until(lambda: upstream.at_rest(here) >= len(poster.ids), 120)
    counts = calendly.counts()

    assert {202, 503} == poster.statuses()
    assert [] == list(mismatches(upstream, calendly, here, poster.ids))
    assert {1} == {counts[subject(record)] for record in poster.ids.values()}
    assert all(program.alive for program in processes.programs)


def test_a_crowd_in_front_of_a_frozen_redis_is_not_kept_waiting(
    upstream: Upstream, processes: Processes
) -> None:
    """More senders than there are threads, and nobody waits for the sum of what others wait for."""
    here = upstream.destination("crowded", "create_scheduling_link")
    processes.freeze_redis()
    answers = _of_a_crowd(lambda: upstream.post(here, links(here, [1])))
    processes.thaw_redis()

    _assert_soon(answers)
    until(lambda: upstream.post(here, links(here, [2])).status_code == 202)


def test_no_other_crowd_keeps_senders_waiting(
    upstream: Upstream, processes: Processes, trouble: Trouble
) -> None:
    """Neither those whom nobody knows, at a frozen Redis, nor senders themselves, at one that takes no writes."""
    here = upstream.destination("besieged", "create_scheduling_link")
    strangers: list[Callable[[], requests.Response]] = [
        lambda: upstream.ask("GET", "/api/v1/destinations", key="a-wrong-key-of-somebody"),
        lambda: upstream.ask("GET", "/api/v1/destinations"),
        lambda: upstream.ask("GET", "/readyz"),
        lambda: upstream.ask("GET", "/console/connect?state=made-up"),
    ]
    processes.freeze_redis()
    answers = _of_a_crowd(*strangers, lambda: upstream.post(here, links(here, [1])))
    processes.thaw_redis()
    until(lambda: upstream.post(here, links(here, [2])).status_code == 202)
    with trouble.put_on("read_only"):
        refused = _of_a_crowd(lambda: upstream.post(here, links(here, [3])))
    until(lambda: upstream.post(here, links(here, [4])).status_code == 202)

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


def test_a_redis_that_comes_back_empty_is_not_filled_by_those_who_remember(
    upstream: Upstream, trouble: Trouble, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Calls under way end without a trace, senders keep their records, and all works again once it is set up anew."""
    worker = processes.programs[-1]
    here = upstream.destination("emptied", "create_scheduling_link")
    calendly.hold()
    ids = upstream.accept(here, links(here, range(4)))
    until(lambda: calendly.counts(here).total() == 4)
    trouble.redis.flushall()
    refused = upstream.post(here, links(here, [9]))
    calendly.let_go()
    until(lambda: all(f'{NOT_WRITTEN}"{each}"' in worker.said() for each in ids))
    until(lambda: _workers(trouble) == [(True, True)])
    kept = {key.decode() for key in trouble.redis.scan_iter("relay:*")}
    unready = processes.health("/readyz")
    upstream.credential()
    upstream.destination(here, "create_scheduling_link")
    (identifier,) = upstream.accept(here, links(here, [10]))
    until(lambda: upstream.delivery(identifier)["state"] == "delivered")
    until(lambda: processes.health("/readyz") == 200)  # workers say every few seconds that they are there

    assert (503, "store_lost") == (refused.status_code, refused.json()["type"].rpartition(":")[2])
    assert 503 == unready
    assert set() == {key for key in kept if not _is_of_no_record(key)}
    assert all(program.alive for program in processes.programs)


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
