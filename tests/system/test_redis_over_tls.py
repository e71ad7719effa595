"""`rediss://`, as platforms hand it out. The embedded Valkey has no TLS of its own, so the test puts some in front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.conftest import MakeProcesses
from tests.system.tls_front import TlsFront, make_certificate
from tests.system.upstream import Upstream, links
from tests.waiting import until

OverTls = Callable[[str], Processes]


@pytest.fixture
def over_tls(make_processes: MakeProcesses, tmp_path: Path) -> Iterator[OverTls]:
    """Make processes whose REDIS_URL is rediss://, with a query of the test's choice; Valkey itself runs already."""
    fronts = []

    def make(query: str) -> Processes:
        processes = make_processes()
        processes.redis.start()
        certificate = make_certificate(tmp_path)
        front = TlsFront(certificate, processes.redis.port)
        fronts.append(front)
        address = f"rediss://:{processes.redis.password}@127.0.0.1:{front.port}/0"
        processes.environment["REDIS_URL"] = address + query.format(authority=certificate)
        return processes

    yield make
    for front in fronts:
        front.close()


def test_records_are_delivered_over_tls(over_tls: OverTls, calendly: CalendlyDouble) -> None:
    """Web and worker both reach a Redis behind TLS whose authority the address names."""
    processes = over_tls("?ssl_ca_certs={authority}")
    processes.web()
    processes.worker()
    processes.await_web()
    processes.await_workers(1)
    upstream = Upstream(processes.url)
    upstream.credential()
    here = upstream.destination("links", "create_scheduling_link")
    upstream.accept(here, links(here, range(20)))
    until(lambda: upstream.at_rest(here) == 20)

    assert {1} == set(calendly.counts().values())


def test_a_redis_that_nobody_vouches_for_is_not_trusted(over_tls: OverTls) -> None:
    """Without an authority that is known, no password is sent: the relay answers 503."""
    processes = over_tls("")
    processes.web()
    processes.await_web()

    assert 503 == processes.health("/readyz")
    assert (
        "vouches for its certificate" in requests.get(processes.url + "/readyz", timeout=30).json()["detail"]
    )
    assert 503 == Upstream(processes.url).post("links", links("links", [0])).status_code
