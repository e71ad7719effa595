"""A Redis on which a test can put every kind of trouble, for as long as it likes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import redis

from local.valkey import EmbeddedValkey
from tests.processes import signal_all
from tests.tcp_proxy import TcpProxy

NOWHERE = ("127.0.0.1", 1)
SLOW = 0.15  # seconds that each piece takes, there and back


class Trouble:
    """A Redis, the way to it, and what may happen to both."""

    def __init__(self, server: EmbeddedValkey) -> None:
        self.server = server
        self.proxy = TcpProxy(server.port)
        self.url = server.url.replace(f":{server.port}/", f":{self.proxy.port}/")
        self.redis: Any = redis.Redis.from_url(server.url)

    @contextmanager
    def put_on(self, kind: str) -> Iterator[None]:
        """Put one trouble on for as long as this goes."""
        with ExitStack() as over:
            getattr(self, f"_{kind}")(over)
            yield

    def _gone(self, over: ExitStack) -> None:
        over.callback(self.proxy.heal)
        self.proxy.refuse()
        self.proxy.cut()

    def _dark(self, over: ExitStack) -> None:
        over.callback(self.proxy.heal)
        self.proxy.swallow()

    def _read_only(self, over: ExitStack) -> None:
        over.callback(self.redis.replicaof, "NO", "ONE")
        self.redis.replicaof(*NOWHERE)

    def _full(self, over: ExitStack) -> None:
        over.callback(self.redis.config_set, "maxmemory", 0)
        self.redis.config_set("maxmemory", 1)

    def _locked(self, over: ExitStack) -> None:
        over.callback(self.redis.config_set, "requirepass", self.server.password)
        self.redis.config_set("requirepass", "another password")
        self.proxy.cut()

    def _frozen(self, over: ExitStack) -> None:
        over.callback(signal_all, self.server.child, signal.SIGCONT)
        signal_all(self.server.child, signal.SIGSTOP)

    def _slow(self, over: ExitStack) -> None:
        over.callback(self.proxy.heal)
        self.proxy.delay = SLOW

    def close(self) -> None:
        """Let go of the server, which is somebody else's."""
        self.proxy.close()
        self.redis.close()
