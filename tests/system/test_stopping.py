"""Processes that are asked to end, or that are ended, while they work."""

from __future__ import annotations

import signal
import socket
import threading
import time
from typing import Any

import pytest
import requests

from local.ports import LOOPBACK
from tests.processes import Processes, signal_all
from tests.system.calendly_double import CalendlyDouble
from tests.system.judging import verdicts
from tests.system.upstream import Poster, Upstream, links
from tests.waiting import until

SLOW = 2.0  # seconds that an answer of Calendly's takes
RECORDS = 40
MANY = 400  # records; well done before the calls that are held run out of time
CONCURRENCY = 4  # calls at a time of one destination, as it is by default
SOON = 3.0  # seconds; half of one on a machine that does nothing else, and a lease would be fifteen
A_REQUEST = 0.05  # seconds


@pytest.mark.timeout(90)
def test_a_worker_that_is_asked_to_end_gives_its_lanes_away_and_finishes_its_calls(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Another one serves the rest at once, while calls are on their way; these end as well, and none is in doubt.

    More than one SIGTERM, as platforms are known to send, changes nothing.
    """
    calendly.hold()
    here = upstream.destination("links", "create_scheduling_link")
    ending = processes.programs[-1]
    upstream.accept(here, links("links", range(MANY)))
    until(lambda: calendly.in_flight == CONCURRENCY)
    calendly.let_others_pass()
    processes.worker()
    processes.await_workers(2)
    asked_at = time.monotonic()
    ending.ask_to_stop()
    until(lambda: calendly.changes > CONCURRENCY, every=0.005)
    waited = time.monotonic() - asked_at
    until(lambda: upstream.at_rest(here) == MANY - CONCURRENCY)
    ending.ask_to_stop()
    on_their_way = calendly.in_flight
    calendly.let_go()
    code = ending.wait()
    until(lambda: upstream.at_rest(here) == MANY)
    log = upstream.log(here).values()

    assert waited < SOON
    assert (CONCURRENCY, 0) == (on_their_way, code)
    assert {"delivered"} == {each["state"] for each in log}
    assert {1} == set(calendly.counts().values())
    assert [] == [each for each in log if each["attempts"] > 1 and "unknown" in verdicts(upstream, each)]


def test_an_idle_worker_that_is_asked_to_end_takes_no_lane_with_it(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Records that come in as it ends are served by another one at once, also where this one took the job."""
    here = upstream.destination("links", "create_scheduling_link")
    ending = processes.programs[-1]
    processes.worker()
    processes.await_workers(2)
    ending.ask_to_stop()
    asked_at = time.monotonic()
    for number in range(RECORDS):
        upstream.accept(here, links("links", [number]))
    until(lambda: calendly.changes == RECORDS, every=0.01)
    waited = time.monotonic() - asked_at

    assert waited < SOON + RECORDS * A_REQUEST
    assert 0 == ending.wait()


@pytest.mark.timeout(90)
def test_a_web_process_that_is_asked_to_end_answers_what_it_has_begun(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """A request that waits for Calendly gets its answer after SIGTERM, what was taken is stored, and the exit code is 0."""
    here = upstream.destination("links", "create_scheduling_link")
    poster = Poster(upstream, here, links)
    poster.start()
    until(lambda: len(poster.ids) > RECORDS)
    calendly.delay = SLOW
    asked: list[Any] = []
    check = threading.Thread(target=lambda: asked.append(upstream.manage("POST", "/credentials/acme/check")))
    known = calendly.looks
    check.start()
    until(lambda: calendly.looks > known)
    code = processes.programs[0].stop()
    check.join()
    poster.finish()
    calendly.delay = 0.0
    processes.programs[0].start()
    processes.await_web()

    assert 0 == code
    assert [True] == [each["ok"] for each in asked]
    assert set() == set(poster.ids) - set(upstream.log(here))


def test_a_web_process_that_is_asked_to_end_parts_politely(upstream: Upstream, processes: Processes) -> None:
    """A kept connection is answered once more and told that it ends, half a request may be completed, and newcomers are refused.

    It is the same where the platform asks every process at once, as it may.
    """
    web = processes.programs[0]
    place = (LOOPBACK, int(processes.environment["PORT"]))
    with requests.Session() as kept, socket.create_connection(place, timeout=10) as half:
        kept.get(f"{processes.url}/healthz", timeout=10)
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n")
        signal_all(web.child, signal.SIGTERM)
        until(lambda: "Handling signal: term" in web.said())
        last = kept.get(f"{processes.url}/healthz", timeout=10)
        half.sendall(b"\r\n")
        completed = half.recv(1000)
        code = web.wait()

    assert (200, "close", 0) == (last.status_code, last.headers["Connection"], code)
    assert completed.startswith(b"HTTP/1.1 200 ")
    assert 0 == processes.health("/healthz")


def test_a_web_process_that_is_killed_has_stored_what_it_answered(
    upstream: Upstream, processes: Processes
) -> None:
    """After SIGKILL in the middle of posts, every delivery that was ever answered with 202 is there."""
    here = upstream.destination("links", "create_scheduling_link")
    posters = [Poster(upstream, here, links) for _ in range(2)]
    for poster in posters:
        poster.start()
    for _ in range(3):
        before = sum(len(poster.ids) for poster in posters)
        until(lambda: sum(len(poster.ids) for poster in posters) > before + 50, every=0.005)  # noqa: B023
        processes.programs[0].kill()
        processes.programs[0].start()
        processes.await_web()
    for poster in posters:
        poster.finish()
    stored = upstream.log(here)

    assert sum(poster.unanswered for poster in posters) > 0
    for poster in posters:
        assert {202} == poster.statuses()
        assert set() == set(poster.ids) - set(stored)
