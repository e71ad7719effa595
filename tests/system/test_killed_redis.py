"""Redis that dies or comes late, under a relay that runs."""

from __future__ import annotations

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches, subject
from tests.system.upstream import Poster, Upstream, cancellations, links
from tests.waiting import until

RECORDS = 120  # at least, of each destination
CALL = 0.01  # seconds that each call takes


def test_redis_killed_while_records_come_and_go(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """Posts are answered 202 or 503; all that was answered with 202 is delivered once; web and worker recover by themselves."""
    calendly.delay = CALL
    upstream.destination("cancel", "cancel_scheduled_event")
    upstream.destination("links", "create_scheduling_link")
    posters = [Poster(upstream, "cancel", cancellations), Poster(upstream, "links", links)]
    for poster in posters:
        poster.start()
    for share in (0.3, 0.7):
        until(lambda: calendly.changes > 2 * share * RECORDS, every=0.01)  # noqa: B023  asked at once
        before = [len(poster.answers) for poster in posters]
        processes.redis.kill()
        until(lambda: _each_refused(posters, before))  # noqa: B023  as above
        processes.redis.start()
    until(lambda: min(len(poster.ids) for poster in posters) >= RECORDS, 120)
    for poster in posters:
        poster.finish()
    until(lambda: all(upstream.at_rest(each.destination) >= len(each.ids) for each in posters), 120)
    refused = [answer for poster in posters for answer in poster.answers if answer.status_code == 503]
    counts = calendly.counts()

    assert 0 == sum(poster.unanswered for poster in posters)
    assert {True} == {int(answer.headers["Retry-After"]) > 0 for answer in refused}
    for poster in posters:
        assert {202, 503} == poster.statuses()
        assert [] == list(mismatches(upstream, calendly, poster.destination, poster.ids))
        assert {1} == {counts[subject(record)] for record in poster.ids.values()}


def _each_refused(posters: list[Poster], before: list[int]) -> bool:
    """Tell whether each was answered 503 after so many other answers."""
    return all(503 in poster.statuses(known) for poster, known in zip(posters, before, strict=True))


def test_processes_that_start_before_redis_wait_for_it(
    make_processes: MakeProcesses, calendly: CalendlyDouble
) -> None:
    """Web and worker start without Redis, say so over HTTP, and work as soon as it comes."""
    processes = make_processes()
    processes.web()
    processes.worker()
    upstream = Upstream(processes.url)
    processes.await_web()
    until(lambda: "watch.store_unavailable" in processes.programs[-1].said())
    refused = upstream.post("links", links("links", [0]))
    ready_without = processes.health("/readyz")
    processes.redis.start()
    processes.await_workers(1)
    upstream.credential()
    upstream.accept(upstream.destination("links", "create_scheduling_link"), links("links", [0]))
    until(lambda: calendly.changes)

    assert (503, True) == (refused.status_code, "Retry-After" in refused.headers)
    assert '"store.unavailable", "because": "it cannot be reached"' in processes.programs[0].said()
    assert 503 == ready_without
    assert 200 == processes.health("/readyz")
    assert all(program.alive for program in processes.programs)
