"""The embedded Redis: a Valkey server that keeps every acknowledged write on disk."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.child import Child
from local.errors import CannotStart
from local.kept import keep, kept
from local.ports import LOOPBACK, free_port, is_free
from local.valkey_binary import Server, find_servers
from local.valkey_words import why_not, without_advice
from local.writer import note_writer, server_for

CONFIG = """\
bind {host}
port {port}
requirepass {password}
dir .
appendonly yes
appendfsync {fsync}
save ""
loglevel warning
maxmemory-policy noeviction
daemonize no
"""
CONFIG_FILE = "valkey.conf"
START_TIME = 60.0  # seconds; a large append-only file takes a while to load
STOP_TIME = 5.0  # seconds
TRIES = 5  # ports to try, where the choice is ours


class EmbeddedValkey:
    """A server with its data in `directory`, on loopback, behind a password of its own.

    It can be stopped, killed and started again: port, password and data stay. With port 0 the port is a free one,
    the last one again where possible. `url` is right from `prepare` or `start` on.
    """

    def __init__(self, directory: Path | str, port: int = 0, fsync: str = "always") -> None:
        self.directory = Path(directory)
        self.port = port
        self.fsync = fsync
        self._port_is_ours = port == 0
        self.password = ""
        self.child = Child("redis", [], cwd=self.directory, edit=without_advice)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where clients connect, password included."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def server(self) -> Server:
        """The server that opens the data: chosen when it is first asked for, and kept to."""
        if self._server is None:
            self._server = server_for(self.directory, find_servers())
        return self._server

    @property
    def pid(self) -> int | None:
        """The server's process id, or None before the first start."""
        return self.child.pid

    def prepare(self) -> Child:
        """Write what the server reads when it starts, and give the child that runs it."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.password = kept(self.directory / "password", lambda: secrets.token_urlsafe(32))
        if self.port == 0:
            self.port = self._choose_port()
        # In a file, not among the arguments: `ps` shows those to every user of the machine.
        settings = {"host": LOOPBACK, "port": self.port, "password": self.password, "fsync": self.fsync}
        keep(self.directory / CONFIG_FILE, CONFIG.format(**settings))
        self.child.command = [str(self.server.binary), CONFIG_FILE]
        return self.child

    def start(self) -> None:
        """Start the server and return once it answers."""
        for _ in range(TRIES if self._port_is_ours else 1):
            self.prepare().start()
            if self._came_up():
                return
            if is_free(self.port):  # then the port was not the trouble
                break
            if self._port_is_ours:
                self.port = 0
        raise CannotStart(self.why_not())

    def why_not(self) -> str:
        """Say in one sentence why the server did not start."""
        return why_not(self.child.last_lines, self.server.make, self.directory)

    def stop(self) -> None:
        """Let the server finish its writes and end; kill it if that takes too long."""
        self.child.ask_to_stop()
        self.child.wait(STOP_TIME)
        self.child.clear_away()

    def kill(self) -> None:
        """End the server with SIGKILL, as a power cut would."""
        self.child.clear_away()

    def restart(self) -> None:
        """Stop the server and start it on the same port with the same data."""
        self.stop()
        self.start()

    def answers(self) -> bool:
        """Tell whether the server takes commands now; while it loads its data it does not."""
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def opened(self) -> bool:
        """Tell whether the server answers; from then on the data counts as written by it."""
        if not self.answers():
            return False
        note_writer(self.directory, self.server.make)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _choose_port(self) -> int:
        file = self.directory / "port"
        last = int(kept(file, lambda: "0"))
        return last if last and is_free(last) else int(keep(file, str(free_port())))

    def _came_up(self) -> bool:
        deadline = time.monotonic() + START_TIME
        while self.child.alive and time.monotonic() < deadline:
            if self.opened():
                return True
            time.sleep(0.01)
        self.child.clear_away()
        return False
