"""How long somebody waits for Redis in all: each command takes what the ones before it left.

A command has a patience of its own, but a request makes several, each may have to connect first, and a connection begins
with several exchanges. Senders are promised an answer within two seconds, so what an inbound request may spend is counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from redis import exceptions

SHORTEST = 0.001  # seconds; less would mean a socket that does not wait at all

_current: ContextVar[Patience | None] = ContextVar("patience", default=None)


class Patience:
    """Seconds that somebody may still wait. Only the time spent on Redis is taken off, by one thread."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._since: float | None = None

    @property
    def left(self) -> float:
        """Give the seconds that are left now."""
        return self._left if self._since is None else self._left - (time.monotonic() - self._since)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time in here. What is waited for inside of another wait is not counted twice."""
        if self._since is not None:
            yield
            return
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._left, self._since = self.left, None


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Let everything that this thread asks of Redis in here take so many seconds together, and no longer."""
    before = _current.set(Patience(seconds))
    try:
        yield
    finally:
        _current.reset(before)


def patience_left(usual: float) -> float:
    """Give the seconds that this thread may wait for something that may usually take so long."""
    patience = _current.get()
    return usual if patience is None else min(usual, patience.left)


@contextmanager
def waited_for() -> Iterator[None]:
    """Count the time in here as spent on Redis."""
    patience = _current.get()
    if patience is None:
        yield
    else:
        with patience.waiting():
            yield


@cache
def patient(connection: type) -> type:
    """Give a kind of connection that keeps to what is left of its user's patience."""
    return type(f"Patient{connection.__name__}", (_Patient, connection), {})


class _Patient:
    """What a connection does before it waits; put in front of a class of the Redis client's."""

    _sock: Any
    socket_timeout: float | None
    socket_connect_timeout: float | None

    def _connect(self) -> Any:
        usual = self.socket_connect_timeout
        self.socket_connect_timeout = _refuse_if_over(usual)
        try:
            with waited_for():
                return super()._connect()  # type: ignore[misc]  # of the class behind
        finally:
            self.socket_connect_timeout = usual

    def _wrap_socket_with_ssl(self, sock: Any) -> Any:
        """Greet over TLS in the time there is to connect in: a frozen server takes the connection and says nothing."""
        sock.settimeout(_refuse_if_over(self.socket_connect_timeout))
        return super()._wrap_socket_with_ssl(sock)  # type: ignore[misc]

    def send_packed_command(self, *args: Any, **options: Any) -> None:
        """Send, unless the time is over."""
        timeout = _refuse_if_over(self.socket_timeout)
        if self._sock:
            self._sock.settimeout(timeout)
        with waited_for():
            super().send_packed_command(*args, **options)  # type: ignore[misc]

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read an answer until the time is over; the connection is closed then, since the answer may still come."""
        if self._sock and self._sock.gettimeout() != 0:
            self._sock.settimeout(_within(self.socket_timeout))
        with waited_for():
            return super().read_response(*args, **options)  # type: ignore[misc]


def _within(usual: float | None) -> float | None:
    patience = _current.get()
    if patience is None:
        return usual
    left = max(patience.left, SHORTEST)
    return left if usual is None else min(usual, left)


def _refuse_if_over(usual: float | None) -> float | None:
    patience = _current.get()
    if patience is not None and patience.left <= 0:
        raise exceptions.TimeoutError("the time for this request is over")
    return _within(usual)
