"""The whole service on this machine: embedded Redis, sandbox, web and worker, started and stopped as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from local.child import Child
from local.client import Client
from local.data_dir import DataDir
from local.errors import CannotStart
from local.furnish import SANDBOX_TOKEN
from local.ports import LOOPBACK, is_free
from local.processes import await_success, look_at, start_redis, start_relay, start_sandbox
from local.redis_look import RedisLook
from local.seals import check_seals, note_seal
from local.settings import HouseSettings, complete, data_dir_of, needs_redis
from local.supervisor import Supervisor
from local.terminal import Terminal
from local.valkey import EmbeddedValkey

Agree = Callable[[RedisLook], None]


@dataclass(frozen=True, slots=True)
class House:
    """A running house and what is needed to talk to it; `redis` is what was in there before."""

    settings: HouseSettings
    data_dir: DataDir
    relay: Client
    sandbox: Client
    sandbox_process: Child | None
    redis: RedisLook


@contextmanager
def running_house(
    given: Mapping[str, str],
    supervisor: Supervisor,
    terminal: Terminal,
    patience: float,
    agree: Agree = lambda _: None,
) -> Iterator[House]:
    """Start everything in order, give the house once it answers, and stop everything when the block ends.

    `patience` is how many seconds Redis, then the sandbox, then web and worker may take to start. `agree` may raise
    CannotStart at the sight of what Redis holds, before anything is started that would touch it.
    """
    data_dir = data_dir_of(given)
    with ExitStack() as ending:
        data_dir.claim()
        ending.callback(data_dir.release)
        valkey = EmbeddedValkey(data_dir.path / "redis") if needs_redis(given) else None
        if valkey is not None:
            valkey.prepare()  # from here on its address is known
        settings = complete(given, data_dir, None if valkey is None else valkey.url)
        check_ports(settings)
        ending.callback(supervisor.stop)
        # Closed before the servers stop: those wait a while for connections that are kept alive.
        relay = ending.enter_context(closing(Client(settings.api_url, settings.admin_key)))
        sandbox = ending.enter_context(closing(Client(settings.sandbox_url, SANDBOX_TOKEN)))
        if valkey is not None:
            start_redis(valkey, supervisor, patience)
        redis = RedisLook(settings.redis_url)
        look_at(redis, supervisor)
        agree(redis)
        _keep_keys(settings, data_dir, redis)
        sandbox_process = start_sandbox(settings, supervisor, terminal)
        start_relay(settings, supervisor, terminal)
        await_success(sandbox, "/users/me", supervisor, patience)
        await_success(relay, "/readyz", supervisor, patience)
        yield House(settings, data_dir, relay, sandbox, sandbox_process, redis)


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


def _keep_keys(settings: HouseSettings, data_dir: DataDir, redis: RedisLook) -> None:
    """Keep new keys only once it is clear that they lock nobody out."""
    check_seals(settings, data_dir, redis)
    settings.keep_new_keys(data_dir)
    note_seal(settings, data_dir, redis)
