"""A balancer as platforms have them: each connection goes to one of several ports, and on to the next if that one refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from local.ports import LOOPBACK

PIECE = 64 * 1024  # bytes


class Balancer:
    """Listens from the moment it is made until it is closed. It retries nothing but a refused connection."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = count()
        self.nobody = 0  # connections that every port refused
        self._listener = socket.create_server((LOOPBACK, 0), backlog=512)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, name="balancer", daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            server = self._connected()
            if server is None:
                self.nobody += 1
                return
            with server:
                back = threading.Thread(target=_carry, args=(server, client), daemon=True)
                back.start()
                _carry(client, server)
                back.join()

    def _connected(self) -> socket.socket | None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            with suppress(ConnectionRefusedError):
                return socket.create_connection((LOOPBACK, port))
        return None


def _carry(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way until there are no more, and say so on the other side."""
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
