"""The processes of the house: how each is started, and when it counts as up."""

from __future__ import annotations

import sys

from local.child import Child
from local.client import Client
from local.errors import CannotStart, TookTooLong
from local.ports import LOOPBACK
from local.redis_look import Contents, RedisLook
from local.settings import ROOT, HouseSettings
from local.supervisor import Supervisor
from local.terminal import Terminal
from local.valkey import EmbeddedValkey

REDIS_TIME = 5.0  # seconds for a Redis that somebody named: it should be there already


def start_redis(valkey: EmbeddedValkey, supervisor: Supervisor, patience: float) -> None:
    """Start the embedded Redis and wait until its data is open. What it says is shown only if it ends."""
    supervisor.start(valkey.prepare())
    try:
        supervisor.until(valkey.opened, patience, "The start of Redis")
    except CannotStart as exc:
        raise CannotStart(valkey.why_not()) from exc


def look_at(redis: RedisLook, supervisor: Supervisor) -> Contents:
    """Wait until Redis can be used, and give what it holds. Raises CannotStart saying why it cannot."""
    try:
        supervisor.until(redis.succeeds, REDIS_TIME, "The first answer of Redis")
    except TookTooLong as exc:
        raise CannotStart(redis.sentence()) from exc
    return redis.contents


def start_sandbox(settings: HouseSettings, supervisor: Supervisor, terminal: Terminal) -> Child | None:
    """Start the sandbox, unless RELAY_SANDBOX_URL names one on another machine."""
    if settings.sandbox_port is None:
        return None
    sandbox = _child(
        "sandbox", settings, terminal, "sandbox", "--host", LOOPBACK, "--port", str(settings.sandbox_port)
    )
    supervisor.start(sandbox)
    return sandbox


def start_relay(settings: HouseSettings, supervisor: Supervisor, terminal: Terminal) -> None:
    """Start web and worker."""
    # Bound to loopback, unlike the Procfile's: a trial on a laptop is nobody else's business.
    address = f"{LOOPBACK}:{settings.port}"
    # Gunicorn's own news of starting and stopping would only stand between the lines of the relay.
    quiet = ("--log-level", "warning") if settings.environ.get("RELAY_LOG_LEVEL", "info") == "info" else ()
    web = ("gunicorn", "-c", "relay/gunicorn.py", "-b", address, *quiet, "relay.app:create_app()")
    supervisor.start(_child("web", settings, terminal, *web), _child("worker", settings, terminal, "workers"))


def await_success(client: Client, path: str, supervisor: Supervisor, patience: float) -> None:
    """Wait for a good answer. Raises CannotStart with what came instead."""
    try:
        supervisor.until(
            lambda: client.trouble(path) is None, patience, f"A good answer from {client.url}{path}"
        )
    except TookTooLong as exc:
        raise CannotStart(f"{exc} {client.trouble(path) or ''}".strip()) from exc


def _child(name: str, settings: HouseSettings, terminal: Terminal, *arguments: str) -> Child:
    command = [sys.executable, "-m", *arguments]
    return Child(name, command, env=settings.environ, cwd=ROOT, listener=terminal.listener(name))
