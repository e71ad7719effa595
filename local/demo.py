"""`python -m local demo`: the whole way once, from a record to Calendly's answer at the callback."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from local.client import Client
from local.errors import CallFailed, CannotStart, LocalError, StopAsked
from local.furnish import DemoRoute, demo_route, furnish, remove, sample_record
from local.house import House, running_house
from local.ports import LOOPBACK, free_port
from local.redis_look import RedisLook
from local.settings import ROOT, given_environ, needs_redis
from local.supervisor import Supervisor
from local.sweep import sweep
from local.terminal import Terminal

# Three times the first, the second and the time to stop stay below a minute.
START_TIME = 13.0  # seconds each for Redis, for the sandbox, and for web and worker
CALLBACK_TIME = 12.0  # seconds from the record to the callback; mostly it takes less than one
LINES_SHOWN = 15  # of each process, when the demo fails


def demo(environ: Mapping[str, str] | None = None, terminal: Terminal | None = None) -> None:
    """Show the whole way once, on ports and in a folder of its own, leaving nothing behind."""
    terminal = terminal or Terminal(quiet=True)
    supervisor = Supervisor(terminal.say)
    with supervisor.listening(), tempfile.TemporaryDirectory(prefix="calendly-relay-demo-") as folder:
        given = demo_environ(
            given_environ(os.environ if environ is None else environ, ROOT / ".env"), Path(folder)
        )
        terminal.show("Starting Redis, the Calendly sandbox, the web process and a worker …")
        try:
            _run_through(given, supervisor, terminal)
        except StopAsked:
            raise
        except LocalError:
            _show_last_lines(supervisor, terminal)
            raise
    terminal.show("Everything is stopped again. `make run` keeps it running.")


def demo_environ(given: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Move the house to free ports and a folder of its own, and keep every other setting."""
    elsewhere = {
        "PORT": str(free_port()),
        "RELAY_SANDBOX_URL": f"http://{LOOPBACK}:{free_port()}",
        "RELAY_DATA_DIR": str(folder),
        "RELAY_ALLOW_PRIVATE_CALLBACKS": "true",
    }
    kept = {name: value for name, value in given.items() if name != "RELAY_PUBLIC_URL"}
    return {**kept, **elsewhere}


def _run_through(given: Mapping[str, str], supervisor: Supervisor, terminal: Terminal) -> None:
    shared = not needs_redis(given)
    with ExitStack() as afterwards:  # once everything has stopped

        def agree(redis: RedisLook) -> None:
            only_if_empty(redis)
            if shared:
                afterwards.callback(sweep, redis.url)

        with running_house(given, supervisor, terminal, START_TIME, agree) as house:
            _show_once(house, supervisor, terminal, shared_redis=shared)


def only_if_empty(redis: RedisLook) -> None:
    """Raise CannotStart if somebody's data is in Redis: the demo's worker would take the work that waits there."""
    if redis.contents.keys:
        raise CannotStart(
            f"The demo needs a Redis of its own, and {redis.where}, database {redis.database}, is not empty: "
            "leave REDIS_URL out, or name an empty database."
        )


def _show_once(house: House, supervisor: Supervisor, terminal: Terminal, *, shared_redis: bool) -> None:
    # In a Redis that outlives the demo, another relay may have a destination of the plain name.
    suffix = f"-{secrets.token_hex(4)}" if shared_redis else ""
    route = demo_route(house.data_dir, house.settings.sandbox_url, suffix)
    try:
        furnish(house.relay, house.sandbox, route)
        _show_the_way(house, route, supervisor, terminal)
    finally:
        if shared_redis:
            remove(house.relay, route)


def _show_the_way(house: House, route: DemoRoute, supervisor: Supervisor, terminal: Terminal) -> None:
    record = sample_record(house.sandbox)
    inbound = f"/in/{route.destination}"
    terminal.show(_shown(f"1. The record that is sent to POST {inbound}", record))
    with closing(Client(house.settings.api_url, route.inbound_key)) as upstream:
        answer = upstream.call("POST", inbound, record)
    terminal.show(_shown("2. The relay's answer, 202: stored, and on its way", answer))
    delivery = answer["accepted"][0]["delivery"]
    arrived: list[dict[str, Any]] = []

    def has_arrived() -> bool:
        arrived.extend(callbacks_for(house.sandbox, delivery))
        return bool(arrived)

    supervisor.until(has_arrived, CALLBACK_TIME, "The callback's arrival")
    terminal.show(_shown("3. Calendly's answer, as it arrived at the callback", arrived[0]["json"]))
    _show_verdict(arrived[0], terminal)


def callbacks_for(sandbox: Client, delivery: str) -> list[dict[str, Any]]:
    """Give the callbacks about one delivery that the sandbox's receiver has got."""
    found = sandbox.call("GET", "/_sandbox/callbacks?name=demo")
    return [callback for callback in found["callbacks"] if callback["json"]["data"]["delivery"] == delivery]


def _show_verdict(callback: dict[str, Any], terminal: Terminal) -> None:
    booking_url = (
        ((callback["json"]["data"]["response"] or {}).get("body") or {})
        .get("resource", {})
        .get("booking_url")
    )
    if not booking_url or callback["signature"] != "verified":
        raise CallFailed(
            f"The callback's signature is {callback['signature']} and its booking_url is {booking_url}: not as it should be."
        )
    terminal.show(f"The callback's signature verified. booking_url: {booking_url}\n")


def _show_last_lines(supervisor: Supervisor, terminal: Terminal) -> None:
    for child in supervisor.children:
        terminal.show(f"--- the last lines of {child.name}")
        for line in list(child.last_lines)[-LINES_SHOWN:]:
            terminal.show(line)


def _shown(title: str, value: object) -> str:
    return f"\n{title}\n\n{json.dumps(value, indent=2, ensure_ascii=False)}\n"
