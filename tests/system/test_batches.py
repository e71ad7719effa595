"""A batch that is open while everything around it dies: it is in Redis alone, and leaves on time."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

import pytest
import requests

from tests.processes import Processes
from tests.system.calendly_double import CalendlyDouble
from tests.system.upstream import Upstream
from tests.waiting import until

pytestmark = pytest.mark.one_house

WINDOW = 5  # seconds
LEASE = 15  # seconds after which the lane of a worker that died is served again
LATE = (
    20.0  # seconds that a lane may be unattended when those who were asked to come have died; five are usual
)


def people(*numbers: int) -> list[dict[str, list[str]]]:
    """Give a record each for people whom no other record names."""
    return [{"emails": [f"person{number}@example.com"]} for number in numbers]


def test_an_open_batch_survives_web_worker_and_redis(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """All three are killed in the middle of its window. It goes on collecting, nothing is lost, and nothing is doubled."""
    batch = {"size": 100, "window": WINDOW}
    upstream.destination("erase", "delete_invitee_data", batch=batch, dedupe="emails")
    first, *_ = upstream.accept("erase", people(*range(10)))
    for program in processes.programs:
        program.kill()
    processes.redis.kill()
    processes.redis.start()
    processes.web()
    processes.await_web()
    joined = set(upstream.accept("erase", people(*range(5, 15))))
    processes.worker()
    processes.await_workers(1)
    back_at = time.time()
    until(lambda: upstream.at_rest("erase") == len({first, *joined}))
    log = [upstream.delivery(each) for each in upstream.log("erase")]
    erased = Counter(
        email for call in calendly.calls if call.method == "POST" for email in call.body["emails"]
    )

    assert Counter(each["emails"][0] for each in people(*range(15))) == erased
    assert {"delivered"} == {each["state"] for each in log}
    assert 15 == sum(each["record_count"] for each in log)
    for each in log:
        accepted, sent = (moment(text) for text in (each["accepted_at"], each["attempts"][0]["started_at"]))
        assert sent >= accepted + WINDOW
        # Whoever was killed may just have held the lane's lease.
        assert sent < max(accepted + LEASE, back_at) + LATE


def test_requests_that_repeat_while_redis_dies_are_stored_once(
    upstream: Upstream, processes: Processes, calendly: CalendlyDouble
) -> None:
    """A sender that repeats until it is answered with 202, under one key, makes one delivery for each record."""
    upstream.destination("again", "delete_invitee_data", batch={"size": 4, "window": 1})
    bodies = [people(*range(start, start + 3)) for start in range(0, 30, 3)]
    for number, body in enumerate(bodies):
        if number in {3, 7}:
            processes.redis.kill()
            processes.redis.start()
        assert 202 == until(lambda: insist(upstream, str(number), body))  # noqa: B023  asked at once
        assert 202 == insist(upstream, str(number), body)
    until(lambda: sum(len(call.body["emails"]) for call in calendly.calls if call.method == "POST") >= 30)
    until(lambda: upstream.counts("again")["collecting"] + upstream.counts("again")["sending"] == 0)
    erased = Counter(
        email for call in calendly.calls if call.method == "POST" for email in call.body["emails"]
    )

    assert Counter(one["emails"][0] for body in bodies for one in body) == erased


def insist(upstream: Upstream, key: str, body: list[dict[str, list[str]]]) -> int:
    """Send a request under a key and give its status if it was taken, else 0."""
    try:
        answer = upstream.post("again", body, **{"Idempotency-Key": key})
    except requests.ConnectionError:
        return 0
    assert answer.status_code in {202, 503}, answer.text
    return answer.status_code if answer.status_code == 202 else 0


def moment(text: str) -> float:
    """Read a time as answers write it."""
    return datetime.fromisoformat(text).timestamp()
