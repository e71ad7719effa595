"""`python -m tests.load.crowd PORT KIND NUMBER PATH KEY`: clients that behave badly, until the standard input ends.

A program of its own, so that it takes no time from whoever measures. It says "ready" once all of them are connected.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
import time
from contextlib import suppress

from relay.open_files import allow_many

LOOPBACK = "127.0.0.1"
TRICKLE = 3.0  # seconds between two bytes of a slow client
GIB = 1024**3
PIECE = b" " * 65_536
WAIT = 10.0  # seconds
AGAIN = 0.5  # seconds until somebody whose gibibyte was refused begins anew


class Crowd:
    """Keeps so many connections open; one that the server ends is made anew."""

    def __init__(self, port: int, opening: bytes, trickle: bytes, number: int) -> None:
        self._place = (LOOPBACK, port)
        self._opening, self._trickle, self._number = opening, trickle, number
        self._awaits_answers = opening.startswith(b"GET")
        self._open: set[socket.socket] = set()
        self._answered = 0
        self._watch = selectors.DefaultSelector()
        self._trickled_at = time.monotonic()

    def run(self) -> None:
        """Go on until the process ends."""
        said = False
        while True:
            for _ in range(min(100, self._number - len(self._open))):
                self._connect()
            there = len(self._open) == self._number
            if there and not said and (self._answered >= self._number or not self._awaits_answers):
                said = True
                sys.stdout.write("ready\n")
                sys.stdout.flush()
            for key, _ in self._watch.select(0.1):
                self._read(key.fileobj)  # type: ignore[arg-type]  # only sockets are watched
            if self._trickle and time.monotonic() - self._trickled_at > TRICKLE:
                self._trickled_at = time.monotonic()
                for client in list(self._open):
                    with suppress(OSError):
                        client.send(self._trickle)

    def _connect(self) -> None:
        try:
            client = socket.create_connection(self._place, timeout=WAIT)
            client.sendall(self._opening)
        except OSError:
            return
        client.setblocking(False)
        self._open.add(client)
        self._watch.register(client, selectors.EVENT_READ)

    def _read(self, client: socket.socket) -> None:
        with suppress(BlockingIOError):
            try:
                if client.recv(65_536):
                    self._answered += 1
                    return
            except BlockingIOError:
                raise
            except OSError:
                pass
            self._watch.unregister(client)
            self._open.discard(client)
            client.close()


def pour(port: int, opening: bytes) -> None:
    """Send a gibibyte as one request, again and again, for as long as the server takes it."""
    while True:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=WAIT) as client:
            client.sendall(opening)
            chunked = b"chunked" in opening
            piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if chunked else PIECE
            for _ in range(GIB // len(PIECE)):
                client.sendall(piece)
        time.sleep(AGAIN)


def main(port: int, kind: str, number: int, path: str, key: str) -> None:
    """Behave badly in this way."""
    allow_many()
    head = f"POST {path} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    openings = {
        "idle": (b"", b""),
        "kept": (b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n", b""),
        "heads": (f"{head}X-Slow: ".encode(), b"x"),
        "bodies": (f"{head}Content-Length: 100000\r\n\r\n[".encode(), b" "),
        "chunks": (f"{head}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n".encode(), b"1\r\n \r\n"),
    }
    threading.Thread(target=_end_with_input, daemon=True).start()
    if kind in openings:
        Crowd(port, *openings[kind], number).run()
    pouring = {
        "giant": f"{head}Content-Length: {GIB}\r\n\r\n",
        "endless": f"{head}Transfer-Encoding: chunked\r\n\r\n",
    }
    for _ in range(number):
        threading.Thread(target=pour, args=(port, pouring[kind].encode()), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
