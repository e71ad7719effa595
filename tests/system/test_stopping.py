"""Processes that are asked to end, or that are ended, while they work."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.ports import LOOPBACK
from relay.store import keys
from tests.processes import Processes, Program, signal_all
from tests.system.calendly_double import CalendlyDouble
from tests.system.judging import Delivery, verdicts
from tests.system.upstream import Poster, Upstream, links
from tests.waiting import until

pytestmark = pytest.mark.one_house(RELAY_CALL_TIMEOUT="60")  # calls that are held do not run out of it

SLOW = 2.0  # seconds that an answer of Calendly's takes
RECORDS = 40
MANY = 100  # records
LEASE = 15.0  # seconds after which another worker would take the lane anyway
CONCURRENCY = 4  # calls at a time of one destination, as it is by default
SOON = 10.0  # seconds; half of one is usual, and a lane that ended with its worker waits for a lease
TO_END = "Handling signal: term"  # what the web process says when it is asked to end


@pytest.fixture
def web(processes: Processes) -> Iterator[Program]:
    """The web process. However a test leaves it, the next one finds it at work."""
    (web, *_) = processes.programs
    yield web
    if not web.alive:
        web.start()
        processes.await_web()


@pytest.fixture
def ending(processes: Processes) -> Program:
    """The worker process that is going to end. Another one takes its place in the test."""
    return next(each for each in processes.programs[1:] if each.alive)


def stored_only(upstream: Upstream, identifier: str) -> str:
    """Make a destination whose records wait."""
    upstream.destination(identifier, "create_scheduling_link")
    upstream.manage("POST", f"/destinations/{identifier}/pause")
    return identifier


def test_a_worker_that_is_asked_to_end_gives_its_lanes_away_and_finishes_its_calls(
    upstream: Upstream, processes: Processes, ending: Program, calendly: CalendlyDouble
) -> None:
    """Another one serves the rest at once, while calls are on their way; these end as well, and none is in doubt.

    More than one SIGTERM, as platforms are known to send, changes nothing.
    """
    calendly.hold()
    here = upstream.destination("busy", "create_scheduling_link")
    upstream.accept(here, links(here, range(MANY)))
    until(lambda: calendly.in_flight == CONCURRENCY)
    calendly.let_others_pass()
    processes.worker()
    processes.await_workers(2)
    ending.ask_to_stop()
    until(lambda: calendly.changes > CONCURRENCY, LEASE / 2)
    until(lambda: upstream.at_rest(here) == MANY - CONCURRENCY)
    ending.ask_to_stop()
    on_their_way = calendly.in_flight
    calendly.let_go()
    code = ending.wait()
    until(lambda: upstream.at_rest(here) == MANY)
    log = upstream.log(here).values()

    assert (CONCURRENCY, 0) == (on_their_way, code)
    assert {"delivered"} == {each["state"] for each in log}
    assert {1} == set(calendly.counts().values())
    assert [] == [each for each in log if each["attempts"] > 1 and "unknown" in verdicts(upstream, each)]


def test_an_idle_worker_that_is_asked_to_end_takes_no_lane_with_it(
    upstream: Upstream, processes: Processes, ending: Program, calendly: CalendlyDouble
) -> None:
    """Records that come in as it ends are served by another one at once, also where this one took the job."""
    here = upstream.destination("idle", "create_scheduling_link")
    processes.worker()
    processes.await_workers(2)
    ending.ask_to_stop()
    ids = [
        identifier for number in range(RECORDS) for identifier in upstream.accept(here, links(here, [number]))
    ]
    until(lambda: upstream.at_rest(here) == RECORDS)
    code = ending.wait()
    with processes.client() as redis:
        deliveries = [Delivery(redis.hgetall(keys.delivery(each))) for each in ids]

    assert max(each.waited for each in deliveries) < SOON
    assert 0 == code


def test_a_web_process_that_is_asked_to_end_answers_what_it_has_begun(
    upstream: Upstream, processes: Processes, web: Program, calendly: CalendlyDouble
) -> None:
    """A request that waits for Calendly gets its answer after SIGTERM, what was taken is stored, and the exit code is 0."""
    here = stored_only(upstream, "begun")
    poster = Poster(upstream, here, links)
    poster.start()
    until(lambda: len(poster.ids) > RECORDS)
    calendly.delay = SLOW
    asked: list[Any] = []
    check = threading.Thread(target=lambda: asked.append(upstream.manage("POST", "/credentials/acme/check")))
    known = calendly.looks
    check.start()
    until(lambda: calendly.looks > known)
    code = web.stop()
    check.join()
    poster.finish()
    calendly.delay = 0.0
    web.start()
    processes.await_web()

    assert 0 == code
    assert [True] == [each["ok"] for each in asked]
    assert set() == set(poster.ids) - set(upstream.log(here))


def test_a_web_process_that_is_asked_to_end_parts_politely(processes: Processes, web: Program) -> None:
    """A kept connection is answered once more and told that it ends, half a request may be completed, and newcomers are refused.

    It is the same where the platform asks every process at once, as it may.
    """
    asked = web.said().count(TO_END)
    place = (LOOPBACK, int(processes.environment["PORT"]))
    with requests.Session() as kept, socket.create_connection(place, timeout=30) as half:
        kept.get(f"{processes.url}/healthz", timeout=30)
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n")
        signal_all(web.child, signal.SIGTERM)
        until(lambda: web.said().count(TO_END) > asked)
        last = kept.get(f"{processes.url}/healthz", timeout=30)
        half.sendall(b"\r\n")
        completed = half.recv(1000)
        code = web.wait()

    assert (200, "close", 0) == (last.status_code, last.headers["Connection"], code)
    assert completed.startswith(b"HTTP/1.1 200 ")
    assert 0 == processes.health("/healthz")


def test_a_web_process_that_is_killed_has_stored_what_it_answered(
    upstream: Upstream, processes: Processes, web: Program
) -> None:
    """After SIGKILL in the middle of posts, every delivery that was ever answered with 202 is there."""
    here = stored_only(upstream, "killed")
    posters = [Poster(upstream, here, links) for _ in range(2)]
    for poster in posters:
        poster.start()
    for _ in range(3):
        before = sum(len(poster.ids) for poster in posters)
        until(lambda: sum(len(poster.ids) for poster in posters) > before + 25, every=0.005)  # noqa: B023
        web.kill()
        web.start()
        processes.await_web()
    for poster in posters:
        poster.finish()
    stored = upstream.log(here)

    assert sum(poster.unanswered for poster in posters) > 0
    for poster in posters:
        assert {202} == poster.statuses()
        assert set() == set(poster.ids) - set(stored)
