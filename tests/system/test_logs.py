"""What the processes write down: events, and no secret or person among them."""

from __future__ import annotations

import json
from typing import Any

from local.ports import LOOPBACK, free_port
from tests.processes import INBOUND_KEY, PERSON, TOKEN
from tests.system.calendly_answers import API
from tests.system.calendly_double import CalendlyDouble
from tests.system.conftest import MakeProcesses
from tests.system.upstream import Upstream, cancellations, links
from tests.waiting import until

BY_QUERY = {"auth": {"kind": "query", "parameter": "key", "key": INBOUND_KEY}}


def events(said: str) -> list[dict[str, Any]]:
    """Give the events among the lines of a log."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_no_log_line_holds_a_secret_or_a_person(
    make_processes: MakeProcesses, calendly: CalendlyDouble
) -> None:
    """Through success, refusals, unreachable callbacks, keys in addresses and an outage, the logs stay clean."""
    processes = make_processes(RELAY_LOG_LEVEL="debug", RELAY_CALLBACK_RETRIES="0.1").start()
    upstream = Upstream(processes.url)
    upstream.credential()
    upstream.credential("sound")
    calendly.refusals = {
        "cancel-00000": (400, {"title": "Invalid Argument", "message": f"{PERSON} is not known"}),
        "cancel-00001": (500, {"title": "Internal Server Error", "message": f"{TOKEN} fell over"}),
        "cancel-00002": (401, {"title": "Unauthenticated", "message": f"{TOKEN} is not valid"}),
    }
    nobody = f"http://{LOOPBACK}:{free_port()}/{PERSON}?token={TOKEN}"
    upstream.destination("cancel", "cancel_scheduled_event", nobody, delivery={"max_attempts": 2})
    upstream.destination("by-query", "create_scheduling_link", inbound=BY_QUERY, credential="sound")
    upstream.accept("cancel", cancellations("cancel", range(5)))
    upstream.ask("POST", f"/in/by-query?key={INBOUND_KEY}", links("links", [0]))
    upstream.ask("POST", f"/in/by-query?key={TOKEN}", links("links", [1]))
    upstream.ask("POST", f"/nowhere?key={INBOUND_KEY}", links("links", [1]))
    upstream.post("cancel", [{"event_uuid": 5, "who": PERSON, "reason": TOKEN}])
    upstream.ask("GET", f"/api/v1/deliveries?record={PERSON}")
    until(lambda: upstream.manage("GET", "/destinations/cancel")["state"] == "paused")
    until(lambda: calendly.counts()["links-00000"])
    until(lambda: "callback.attempted" in processes.programs[-1].said())
    processes.redis.kill()
    outage = upstream.post("cancel", cancellations("cancel", [9]))
    processes.redis.start()
    processes.await_workers(1)
    codes = [program.stop() for program in processes.programs]
    told = {event["event"] for program in processes.programs for event in events(program.said())}

    assert [] == processes.leaks()
    assert {"delivery.attempted", "callback.attempted", "inbound.accepted", "inbound.refused"} <= told
    assert {"destination.paused", "request.failed", "worker.stopped"} <= told
    assert (503, [0, 0]) == (outage.status_code, codes)
    assert API not in "".join(program.said() for program in processes.programs)
