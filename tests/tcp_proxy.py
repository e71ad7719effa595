"""A way between two processes that a test can make slow, or break: TCP, whatever is spoken over it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
PIECE = 64 * 1024  # bytes read at once
RESET = struct.pack("ii", 1, 0)  # for SO_LINGER: a close sends RST, as when the other machine is gone


class TcpProxy:
    """Forwards connections to `port` on this machine, from the moment it is made until it is closed.

    `delay` is how many seconds each piece of bytes is held up, there and back. It can be changed at any time.
    """

    def __init__(self, port: int) -> None:
        self.delay = 0.0
        self._target = (LOOPBACK, port)
        self._swallows: set[str] = set()
        self._pairs: set[_Pair] = set()
        self._lock = threading.Lock()
        self._takes = threading.Event()
        self._closed = False
        self._place = _bound(0)  # keeps the port while nobody listens there
        self.port: int = self._place.getsockname()[1]
        self.accept()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def cut(self) -> None:
        """Reset every connection that there is now, on both of its sides. New ones are taken."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()

    def refuse(self) -> None:
        """Have new connections refused, as by a machine on which nobody listens. Those that there are go on."""
        self._takes.clear()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for somebody
        self._listener.close()

    def accept(self) -> None:
        """Take new connections again."""
        self._listener = _bound(self.port)
        self._listener.listen(1024)
        self._takes.set()

    def swallow(self) -> None:
        """Take every byte and pass none on: a network that went dark. Both sides keep their connections."""
        self._swallows = {"there", "back"}

    def swallow_answers(self) -> None:
        """Pass on what is asked and nothing of what is answered: the effect happens, and nobody hears of it."""
        self._swallows = {"back"}

    def heal(self) -> None:
        """Forward everything at once, as in the beginning. Connections that have lost bytes are reset."""
        self._swallows = set()
        self.delay = 0.0
        if not self._takes.is_set():
            self.accept()
        with self._lock:
            broken = [pair for pair in self._pairs if pair.lost]
        for pair in broken:
            pair.reset()

    def close(self) -> None:
        """Reset everything and listen no more."""
        self._closed = True
        if self._takes.is_set():
            self.refuse()
        self._takes.set()
        self._place.close()
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while self._takes.wait() and not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:  # it refuses at this moment, or it is closed
                continue
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, timeout=30)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        pair = _Pair(client, server)
        with self._lock:
            self._pairs.add(pair)
        threading.Thread(target=self._pump, args=(pair, server, client, "back"), daemon=True).start()
        self._pump(pair, client, server, "there")

    def _pump(self, pair: _Pair, source: socket.socket, sink: socket.socket, way: str) -> None:
        """Carry bytes one way until a side is gone; then the other one goes as well."""
        with suppress(OSError):
            while piece := source.recv(PIECE):
                if self.delay:
                    time.sleep(self.delay)
                if way in self._swallows:
                    pair.lost = True
                else:
                    sink.sendall(piece)
        pair.end()
        with self._lock:
            self._pairs.discard(pair)


class _Pair:
    """One connection: its two sides, and whether bytes of it were lost."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.lost = False
        self._sides = (client, server)
        for side in self._sides:
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end(self) -> None:
        """Close both sides in order: what was sent before still arrives."""
        for side in self._sides:
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def reset(self) -> None:
        """Break both sides off."""
        for side in self._sides:
            _reset(side)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((LOOPBACK, port))
    return bound


def _reset(side: socket.socket) -> None:
    with suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # A close alone would not wake a thread that reads from it.
        side.shutdown(socket.SHUT_RD)
    side.close()
