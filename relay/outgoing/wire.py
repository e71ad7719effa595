"""Connections that know the request they serve: they keep its deadline and mark its first byte.

A library's own time-outs start anew with every byte, so a server that drips could hold a thread for hours. And only
the connection knows for certain whether a request failed before or after something of it was sent.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from functools import cache
from typing import Any, cast

import certifi
from ssrfguard import Policy
from ssrfguard.requests import SafeAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from relay.outgoing.exchange import CURRENT, Exchange
from relay.outgoing.lookup import Resolver, in_time

LONGEST_CONNECT = 10.0  # seconds for one address
LONGEST_IDLE = (
    20.0  # seconds; something on the way may drop an idle connection, and a call in it is then in doubt
)
PIECE = 65_536  # bytes handed over at once: a TLS socket gives every part of what it is handed the full time
HOSTS_KEPT = 64  # hosts whose connections are kept; the one used longest ago makes room


class TimedReader(io.RawIOBase):
    """What a server sends, until the request's deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: Exchange) -> None:
        self._raw = raw
        self._sock = sock
        self._exchange = exchange

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read once, waiting no longer than the request may still take."""
        self._exchange.check()
        self._sock.settimeout(self._exchange.left)
        return cast("int | None", cast("Any", self._raw).readinto(buffer))

    def close(self) -> None:
        """Let go of the socket: a connection closes once nobody reads from it."""
        self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """An answer that arrives before the request's deadline, or not at all."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(TimedReader(raw, sock, CURRENT.get()))


class Connection(HTTPConnection):
    """A connection that gives every step only the time its request still has."""

    response_class = TimedResponse
    _used_at = 0.0

    @property
    def timeout(self) -> float | None:
        """Give the seconds that the next step may take, whatever the library would set."""
        exchange = CURRENT.get(None)
        if exchange is None:
            return None
        if self.sock is None:
            # Half of it, so that a second address of the same name gets its chance too.
            return min(LONGEST_CONNECT, exchange.left / 2)
        return exchange.left

    @timeout.setter
    def timeout(self, value: float | None) -> None:
        """Ignore it: the deadline is the request's."""

    @property
    def is_connected(self) -> bool:
        """Tell whether the pool may use this connection again."""
        return time.monotonic() - self._used_at < LONGEST_IDLE and super().is_connected

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        sock.settimeout(CURRENT.get().left)  # the TLS handshake comes next
        return sock

    def send(self, data: Any) -> None:
        """Send the bytes, and mark before the first one that the request is no longer certain not to arrive."""
        if self.sock is None:
            self.connect()
        exchange = CURRENT.get()
        exchange.check()
        exchange.sent = True
        self._used_at = time.monotonic()
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(exchange.left)
            super().send(data[start : start + PIECE])


def _watched(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Give the pool class with connections that are ours and the guard's at once."""
    connection = type("WatchedConnection", (Connection, pool.ConnectionCls), {})
    return cast("type[HTTPConnectionPool]", type("WatchedPool", (pool,), {"ConnectionCls": connection}))


@cache
def _trusting(authorities: str) -> ssl.SSLContext:
    """Give the one TLS context that trusts these authorities: reading their file costs 20 ms each time."""
    return ssl.create_default_context(cafile=authorities)


class Wire(SafeAdapter):
    """The pools of one door. Nothing is ever sent a second time by itself: `max_retries` is 0."""

    def __init__(self, policy: Policy, connections: int, resolver: Resolver | None, authorities: str) -> None:
        self._authorities = authorities
        super().__init__(
            policy=policy,
            resolver=in_time(resolver or socket.getaddrinfo),
            pool_connections=HOSTS_KEPT,
            pool_maxsize=connections,
            max_retries=0,
        )

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Build the pools with one TLS context for all."""
        context = _trusting(self._authorities or certifi.where())
        super().init_poolmanager(connections, maxsize, block, ssl_context=context, **options)
        guarded = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {scheme: _watched(pool) for scheme, pool in guarded.items()}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the pool as it is: its context checks every certificate and name, and nothing may switch that off."""
