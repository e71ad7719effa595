"""`python -m local run`: the whole service until Ctrl-C, with a destination to try."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from typing import Any

from local.errors import StopAsked
from local.furnish import DemoRoute, demo_route, furnish, sample_record
from local.house import House, running_house
from local.reminder import Reminder
from local.settings import ROOT, given_environ
from local.supervisor import Supervisor
from local.terminal import Terminal

START_TIME = 60.0  # seconds; a large append-only file takes a while to load
BANNER = """
  Calendly Relay is running.

    API        {api}/api/v1  (described at {api}/docs)
    Admin key  {admin_key}
    Sandbox    {sandbox}  (plays Calendly; its page shows the callbacks that arrive)
    Redis      {redis}
    Data       {data}
{notes}
  Send it a record:

    {curl}

  Ctrl-C stops everything.
"""
NEW_KEYS = """
  This Redis held data already. {names}: not set, so made now and kept in
  {data}. Other relays on this Redis need the same.
"""


def run(environ: Mapping[str, str] | None = None, terminal: Terminal | None = None) -> None:
    """Run the house until it is asked to stop. Raises CannotStart if something is in the way."""
    given = given_environ(os.environ if environ is None else environ, ROOT / ".env")
    terminal = terminal or Terminal()
    supervisor = Supervisor(terminal.say)
    with supervisor.listening():
        terminal.say("starting; the first answer takes a few seconds")
        try:
            with running_house(given, supervisor, terminal, START_TIME) as house:
                _keep_running(house, supervisor, terminal)
        except StopAsked:  # before everything had started
            pass
        terminal.say("stopped")


def _keep_running(house: House, supervisor: Supervisor, terminal: Terminal) -> None:
    route = demo_route(house.data_dir, house.settings.sandbox_url)
    furnish(house.relay, house.sandbox, route)
    terminal.show(banner(house, route, sample_record(house.sandbox)))
    reminder = Reminder(house.sandbox, house.sandbox_process, route.callback_secret, terminal.say)
    supervisor.watch(reminder.look)
    terminal.say("stopping; calls in flight may finish")


def banner(house: House, route: DemoRoute, record: dict[str, Any]) -> str:
    """Say where everything is, and give a line to try that works when it is pasted."""
    embedded = "" if house.settings.redis_is_given else " (embedded)"
    return BANNER.format(
        api=house.settings.api_url,
        admin_key=house.settings.admin_key,
        sandbox=house.settings.sandbox_url,
        redis=f"{house.redis.where}, database {house.redis.database}" + embedded,
        data=house.data_dir.path,
        notes=notes(house),
        curl=curl_line(f"{house.settings.api_url}/in/{route.destination}", route.inbound_key, record),
    )


def notes(house: House) -> str:
    """Say which keys are new although there is data already, since others may use that with keys of their own."""
    if not house.redis.contents.keys or not house.settings.new_keys:
        return ""
    return NEW_KEYS.format(names=" and ".join(house.settings.new_keys), data=house.data_dir.path)


def curl_line(url: str, key: str, record: dict[str, Any]) -> str:
    """Give the one-line command that posts a record to an inbound route."""
    headers = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
    words = [
        "curl",
        "-sS",
        url,
        *(word for header in headers for word in ("-H", header)),
        "-d",
        json.dumps(record),
    ]
    return shlex.join(words)
