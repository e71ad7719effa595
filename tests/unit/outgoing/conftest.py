"""Small servers that misbehave on purpose, and doors to them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from relay.config import Settings
from relay.outgoing import Door, callback_door

Script = Callable[[socket.socket, "Listener"], None]


class Listener:
    """A server on loopback that does with each connection what its script says, and remembers what it read."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.ending = threading.Event()
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """Give its address."""
        return f"http://127.0.0.1:{self.port}"

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one whole request and remember it; empty when the other side hung up."""
        read = b""
        while b"\r\n\r\n" not in read:
            piece = connection.recv(65536)
            if not piece:
                return b""
            read += piece
        head, _, body = read.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
        while len(body) < wanted:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def end_with_test(self, connection: socket.socket) -> None:
        """Hang up this connection when the test ends: wrapping one for TLS makes it another."""
        self._open.append(connection)

    def close(self) -> None:
        """Stop, and wait until every thread is gone."""
        self.ending.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the door hanging up first is part of many tests
            self._script(connection, self)


@pytest.fixture
def listen() -> Iterator[Callable[[Script], Listener]]:
    """Start servers; they end with the test."""
    listeners: list[Listener] = []

    def start(script: Script) -> Listener:
        listeners.append(Listener(script))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def answer_with(listen: Callable[[Script], Listener]) -> Callable[[bytes], Listener]:
    """Start a server that answers every request with these bytes and keeps the connection open."""

    def start(answer: bytes) -> Listener:
        def script(connection: socket.socket, listener: Listener) -> None:
            while listener.read_request(connection):
                connection.sendall(answer)

        return listen(script)

    return start


@pytest.fixture
def settings_with() -> Callable[..., Settings]:
    """Make settings for a door; private callbacks are allowed unless a test says otherwise."""

    def make(**changed: Any) -> Settings:
        usual: dict[str, Any] = {
            "redis_url": "",
            "secret_keys": (),
            "admin_key": "",
            "allow_private_callbacks": True,
        }
        return Settings(**{**usual, **changed})

    return make


@pytest.fixture
def open_door(settings_with: Callable[..., Settings]) -> Iterator[Callable[..., Door]]:
    """Open doors to callbacks, with the settings and the look-up that a test wants; they close with the test."""
    opened: list[Door] = []

    def make(*, resolver: Any = None, authorities: str = "", **changed: Any) -> Door:
        opened.append(callback_door(settings_with(**changed), resolver=resolver, authorities=authorities))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    """Give a door to addresses on loopback."""
    return open_door()
