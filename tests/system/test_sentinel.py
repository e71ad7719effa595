"""A Redis behind Sentinels, whose master dies under a relay that runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.calendly_double import CalendlyDouble
from tests.system.conftest import MakeProcesses
from tests.system.judging import mismatches, subject
from tests.system.upstream import Poster, Upstream, cancellations, links
from tests.topology import PASSWORD as REDIS_PASSWORD
from tests.topology import SENTINEL_PASSWORD, SILENCE, Watched
from tests.waiting import until

BEFORE, AFTER = (
    60,
    60,
)  # calls before the master dies, and records accepted after that, of each destination at least
NEVER = 600_000  # milliseconds of silence that no Sentinel ever sees here


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Give a master, two replicas and three Sentinels that run."""
    with Watched(tmp_path / "redis") as watched:
        yield watched


def test_the_master_killed_while_records_come_and_go(
    watched: Watched, make_processes: MakeProcesses, calendly: CalendlyDouble
) -> None:
    """With RELAY_DURABILITY=replica nothing that was accepted is lost or done twice; meanwhile senders are told to come again."""
    processes = make_processes(REDIS_URL=watched.url, RELAY_DURABILITY="replica")
    processes.web()
    processes.worker()
    processes.await_workers(1)
    upstream = Upstream(processes.url)
    upstream.credential()
    upstream.destination("cancel", "cancel_scheduled_event")
    upstream.destination("links", "create_scheduling_link")
    posters = [Poster(upstream, "cancel", cancellations), Poster(upstream, "links", links)]
    for poster in posters:
        poster.start()

    until(lambda: calendly.changes > 2 * BEFORE, every=0.01)
    dead = watched.servers[0]
    watched.be_patient(NEVER)
    dead.kill()
    accepted = {poster: len(poster.ids) for poster in posters}
    until(lambda: all(503 in poster.statuses() for poster in posters))  # though nobody takes its place yet
    watched.be_patient(SILENCE)
    until(lambda: watched.has_failed_over(dead))
    until(lambda: all(len(poster.ids) >= accepted[poster] + AFTER for poster in posters))
    for poster in posters:
        poster.finish()
    until(lambda: all(upstream.at_rest(each.destination) >= len(each.ids) for each in posters))
    refused = [answer for poster in posters for answer in poster.answers if answer.status_code == 503]
    counts = calendly.counts()

    assert 0 == sum(poster.unanswered for poster in posters)
    assert {True} == {int(answer.headers["Retry-After"]) > 0 for answer in refused}
    for poster in posters:
        assert {202, 503} == poster.statuses()
        assert [] == list(mismatches(upstream, calendly, poster.destination, poster.ids))
        assert {1} == {counts[subject(record)] for record in poster.ids.values()}
    said = "".join(program.said() for program in processes.programs)
    assert [] == [secret for secret in (REDIS_PASSWORD, SENTINEL_PASSWORD) if secret in said]
