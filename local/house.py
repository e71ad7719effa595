"""The whole service on this machine: embedded Redis, sandbox, web and worker, started and stopped as one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from local.child import Child
from local.client import Client
from local.data_dir import DataDir
from local.errors import CannotStart, TookTooLong
from local.furnish import SANDBOX_TOKEN
from local.ports import LOOPBACK, is_free
from local.settings import ROOT, HouseSettings, complete, data_dir_of, needs_redis
from local.supervisor import Supervisor
from local.terminal import Terminal
from local.valkey import EmbeddedValkey


@dataclass(frozen=True, slots=True)
class House:
    """A running house and what is needed to talk to it."""

    settings: HouseSettings
    data_dir: DataDir
    relay: Client
    sandbox: Client


@contextmanager
def running_house(
    given: Mapping[str, str], supervisor: Supervisor, terminal: Terminal, patience: float
) -> Iterator[House]:
    """Start everything in order, give the house once it answers, and stop everything when the block ends.

    `patience` is how many seconds Redis, then the sandbox, then web and worker may take to start.
    """
    data_dir = data_dir_of(given)
    with ExitStack() as ending:
        data_dir.claim()
        ending.callback(data_dir.release)
        valkey = EmbeddedValkey(data_dir.path / "redis") if needs_redis(given) else None
        redis = None if valkey is None else valkey.prepare()
        settings = complete(given, data_dir, None if valkey is None else valkey.url)
        check_ports(settings)
        ending.enter_context(supervisor.listening())
        ending.callback(supervisor.stop)
        # Closed before the servers stop: those wait a while for connections that are kept alive.
        relay = ending.enter_context(closing(Client(settings.api_url, settings.admin_key)))
        sandbox = ending.enter_context(closing(Client(settings.sandbox_url, SANDBOX_TOKEN)))
        if valkey is not None and redis is not None:
            redis.listener = terminal.listener(redis.name)
            supervisor.start(redis)
            supervisor.until(valkey.answers, patience, "The start of Redis")
        _start_the_rest(settings, supervisor, terminal)
        _await_success(sandbox, "/users/me", supervisor, patience)
        _await_success(relay, "/readyz", supervisor, patience)
        yield House(settings, data_dir, relay, sandbox)


def check_ports(settings: HouseSettings) -> None:
    """Raise CannotStart with one sentence if a port that the house needs is taken."""
    if not is_free(settings.port):
        raise CannotStart(
            f"Port {settings.port} is taken: stop what listens there, or choose another port, "
            f"such as `PORT={settings.port + 100} make run`."
        )
    port = settings.sandbox_port
    if port is not None and (not is_free(port) or port == settings.port):
        raise CannotStart(
            f"Port {port}, for the sandbox, is taken: stop what listens there, or choose another port, "
            f"such as `RELAY_SANDBOX_URL=http://{LOOPBACK}:{port + 100} make run`."
        )


def _start_the_rest(settings: HouseSettings, supervisor: Supervisor, terminal: Terminal) -> None:
    def child(name: str, *arguments: str) -> Child:
        command = [sys.executable, "-m", *arguments]
        return Child(name, command, env=settings.environ, cwd=ROOT, listener=terminal.listener(name))

    if settings.sandbox_port is not None:
        supervisor.start(
            child("sandbox", "sandbox", "--host", LOOPBACK, "--port", str(settings.sandbox_port))
        )
    # Bound to loopback, unlike the Procfile's: a trial on a laptop is nobody else's business.
    web = (
        "gunicorn",
        "-c",
        "relay/gunicorn.py",
        "-b",
        f"{LOOPBACK}:{settings.port}",
        "relay.app:create_app()",
    )
    supervisor.start(child("web", *web), child("worker", "workers"))


def _await_success(client: Client, path: str, supervisor: Supervisor, patience: float) -> None:
    try:
        supervisor.until(
            lambda: client.trouble(path) is None, patience, f"A good answer from {client.url}{path}"
        )
    except TookTooLong as exc:
        raise CannotStart(f"{exc} {client.trouble(path) or ''}".strip()) from exc
