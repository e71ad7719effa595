"""Every process is replaced, one after the other, while records come in: nobody notices.

RELAY_TEST_ROLLS sets how often each process is replaced.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count
from typing import Any

import pytest
import requests

from local.ports import LOOPBACK, free_port
from relay.store import keys
from tests.processes import INBOUND_KEY, Processes, Program
from tests.system.balancer import Balancer
from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.conftest import MakeProcesses
from tests.system.judging import Delivery
from tests.system.upstream import MakeRecords, Upstream, accepted, cancellations, links
from tests.waiting import until

ROLLS = int(os.environ.get("RELAY_TEST_ROLLS") or 1)
CALL = 0.3  # seconds that a call takes, so that some are on their way at any moment
PAUSE = 0.25  # seconds between two requests of a sender
RECORDS = 1  # in a request
PATIENCE = 120.0  # seconds for what has been taken to come to rest
LONGEST_WAIT = 8.0  # seconds from acceptance to the first attempt; one is usual, and a lease takes fifteen


class Sender(threading.Thread):
    """Posts records until it is told to finish, on a connection of its own for each request or on one for all."""

    def __init__(self, upstream: Upstream, destination: str, make: MakeRecords, *, keeps: bool) -> None:
        super().__init__(name="sender", daemon=True)
        self.ids: list[str] = []
        self.troubles: list[str] = []
        self.destination = destination
        self._address = f"{upstream.url}/in/{destination}"
        self._name = f"{destination}-{'kept' if keeps else 'fresh'}"
        self._make = make
        self._session = requests.Session() if keeps else None
        self._finished = threading.Event()

    def run(self) -> None:
        """Post, and retry nothing."""
        for start in count(step=RECORDS):
            self._post(self._make(self._name, range(start, start + RECORDS)))
            if self._finished.wait(PAUSE):
                break
        if self._session:
            self._session.close()

    def finish(self) -> None:
        """Post no more, and return once the last answer is there."""
        self._finished.set()
        self.join()

    def _post(self, records: list[dict[str, Any]]) -> None:
        key = {"Authorization": f"Bearer {INBOUND_KEY}"}
        # One connection for one request is closed by `with`; the kept one stays.
        with nullcontext(self._session) if self._session else requests.Session() as session:
            try:
                answer = session.post(self._address, json=records, headers=key, timeout=20)
            except requests.RequestException as exc:
                self.troubles.append(repr(exc))
                return
        if answer.status_code == 202:
            self.ids += accepted(answer)
        else:
            self.troubles.append(answer.text)


class Fleet:
    """Two web processes behind a balancer, and two workers."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        processes.redis.start()
        ports = [free_port() for _ in range(2)]
        self.balancer = Balancer(ports)
        processes.url = self.balancer.url
        self._webs = [self._web(port) for port in ports]
        self._workers = [processes.worker() for _ in range(2)]
        self.codes: list[int] = []
        for port in ports:
            until(lambda: _answers(port))  # noqa: B023  asked at once
        processes.await_workers(2)

    def roll(self) -> None:
        """Replace each process; the other one of its kind goes on meanwhile."""
        for web in self._webs:
            self.codes.append(web.stop())
            web.start()
            until(lambda: _answers(int(web.name.partition("-")[2])))  # noqa: B023  asked at once
        for number, old in enumerate(self._workers):
            new = self._workers[number] = self.processes.worker()
            until(lambda: "worker.started" in new.said())  # noqa: B023  asked at once
            self.codes.append(old.stop())

    def reload(self) -> None:
        """Have gunicorn replace its own processes, as SIGHUP does."""
        web = self._webs[0]
        ended = web.said().count("Worker exiting")
        assert web.child.pid is not None
        os.kill(web.child.pid, signal.SIGHUP)
        until(lambda: web.said().count("Worker exiting") == ended + 1)

    def _web(self, port: int) -> Program:
        command = [sys.executable, "-m", "gunicorn", "-c", "relay/gunicorn.py", "relay.app:create_app()"]
        environment = {**self.processes.environment, "PORT": str(port)}
        web = Program(f"web-{port}", command, environment, self.processes.folder)
        self.processes.programs.append(web)
        return web.start()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=30).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def fleet(make_processes: MakeProcesses) -> Iterator[Fleet]:
    """Give a fleet at work."""
    processes = make_processes()
    fleet = Fleet(processes)
    yield fleet
    fleet.balancer.close()


@pytest.mark.timeout(240 + 60 * ROLLS)
def test_replacing_every_process_under_load_loses_doubles_and_delays_nothing(
    fleet: Fleet, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """Senders that retry nothing see no error; each record is one call, none is in doubt, and no lane waits for a lease."""
    calendly.delay = CALL
    upstream = Upstream(fleet.balancer.url)
    upstream.credential()
    settings: dict[str, Any] = {"delivery": {"concurrency": 16}}
    harmful = upstream.destination("links", "create_scheduling_link", receiver.url("links"), **settings)
    harmless = upstream.destination("cancel", "cancel_scheduled_event", **settings)
    makes: list[tuple[str, MakeRecords]] = [(harmful, links), (harmless, cancellations)]
    senders = [Sender(upstream, here, make, keeps=keeps) for here, make in makes for keeps in (True, False)]
    for sender in senders:
        sender.start()
    for _ in range(ROLLS):
        fleet.roll()
    fleet.reload()
    for sender in senders:
        sender.finish()
    ids = [identifier for sender in senders for identifier in sender.ids]
    until(lambda: upstream.at_rest(harmful, harmless) >= len(ids), PATIENCE)
    told = {identifier for sender in senders if sender.destination == harmful for identifier in sender.ids}
    until(lambda: {each.payload["data"]["delivery"] for each in list(receiver.callbacks)} == told, PATIENCE)
    with fleet.processes.client() as redis:
        deliveries = [Delivery(redis.hgetall(keys.delivery(identifier))) for identifier in ids]

    assert [] == [trouble for sender in senders for trouble in sender.troubles]
    assert [0] * 4 * ROLLS == fleet.codes
    assert len(ids) == len(calendly.counts())
    assert {1} == set(calendly.counts().values())
    assert {"delivered"} == {each.state for each in deliveries}
    assert "unknown" not in {verdict for each in deliveries for verdict in each.verdicts}
    assert max(each.waited for each in deliveries) < LONGEST_WAIT
