"""Processes that are asked to end, or that are ended, while they work."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.upstream import Poster, Upstream, links
from tests.waiting import until

SLOW = 2.0  # seconds that an answer of Calendly's takes
LEASE = 15.0  # seconds that a lane would stay unattended if a worker did not hand it over
RECORDS = 40


@pytest.mark.timeout(90)
def test_a_worker_that_is_asked_to_end_finishes_its_calls_and_hands_its_lanes_over(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """After SIGTERM nothing is left in doubt, the exit code is 0, and the next worker need not wait for the lease."""
    calendly.delay = SLOW
    here = upstream.destination("links", "create_scheduling_link")
    upstream.accept(here, links("links", range(RECORDS)))
    ending = processes.programs[-1]
    until(lambda: calendly.in_flight == 4)
    heir = processes.worker()
    processes.await_workers(2)
    until(lambda: calendly.in_flight)
    ending.ask_to_stop()
    code = ending.wait()
    handed_over_at = time.monotonic()
    calls_then = calendly.changes
    until(lambda: calendly.changes > calls_then, LEASE)
    waited = time.monotonic() - handed_over_at
    calendly.delay = 0.0
    until(lambda: upstream.at_rest(here) == RECORDS)
    log = upstream.log(here)

    assert 0 == code
    assert waited < LEASE / 2
    assert {("delivered", 1)} == {(each["state"], each["attempts"]) for each in log.values()}
    assert {1} == set(calendly.counts().values())
    assert heir.alive


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
