"""A client's connection as the web process sees it: what has arrived of a request, and how long the rest may take."""

from __future__ import annotations

import socket
import time
from io import SEEK_END
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from relay.gunicorn_body import END, Body, body_after

ANSWER_TIME = 20.0  # seconds that a client may take to read a piece of its answer
LONGEST_HEAD = 64 * 1024  # bytes held of a head that has not ended
PIECE = 64 * 1024  # bytes read at once


class TooSlow(NoMoreData, TimeoutError):
    """The time for this request is over. gunicorn ends such a connection without ado."""


class TimedUnreader(SocketUnreader):
    """Reads what arrived ahead, then from the client until a deadline. Without one, what was taken in before is all there is."""

    _ends = 0.0
    _ahead = memoryview(b"")

    def allow(self, seconds: float) -> None:
        """Set the deadline."""
        self._ends = time.monotonic() + seconds

    def put_ahead(self, received: bytes) -> None:
        """Lay ready what arrived before a thread could read it. It is handed out in pieces: the parser copies what it holds for each chunk."""
        self._ahead = memoryview(received)

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Read once. Raises TooSlow at the deadline, however steadily the bytes trickle."""
        size = max(self.mxchunk, min(size_hint or 0, PIECE))
        if self._ahead:
            piece, self._ahead = bytes(self._ahead[:size]), self._ahead[size:]
            return piece
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooSlow
        self.sock.settimeout(left)
        try:
            return self.sock.recv(size)
        except TimeoutError as exc:
            raise TooSlow from exc
        finally:
            self.sock.settimeout(ANSWER_TIME)

    def gather_rest(self) -> None:
        """Put together what is left over from a request: it begins the next one, and gunicorn looks for it in the buffer."""
        self.buf.seek(0, SEEK_END)
        self.buf.write(self._ahead)
        self._ahead = memoryview(b"")


class Connection(TConn):
    """A client's connection. While it waits, it may do so for `allowed` seconds from `since`."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, largest_body: int) -> None:
        super().__init__(cfg, sock, client, server)
        self.unreader = TimedUnreader(sock)
        self.parser = RequestParser(cfg, sock, client)
        self.parser.unreader = self.unreader
        self.initialized = self.data_ready = True  # or gunicorn would look for TLS and wait for bytes
        self.received = bytearray()
        self.has_head = False
        self.since = self.allowed = 0.0
        self.read_past = 0  # bytes that were thrown away after the last answer
        self._body: Body | None = None
        self._largest_body = largest_body

    def wait(self, seconds: float) -> None:
        """Begin to wait."""
        self.sock.setblocking(False)
        self.since, self.allowed = time.monotonic(), seconds

    @property
    def left(self) -> float:
        """Give the seconds that it may still wait."""
        return self.since + self.allowed - time.monotonic()

    def begin_request(self) -> None:
        """Begin with the next request; what came behind the last one is a part of it."""
        self.received = bytearray(self.unreader.take_buffered())
        self.has_head, self._body = False, None

    def forget(self) -> None:
        """Look at nothing more that comes."""
        self.received = bytearray()
        self.has_head = False

    def gather(self) -> bool:
        """Take in what has arrived, and tell whether the request is worth a thread: whole, or not to be waited for.

        Raises OSError when the client is gone.
        """
        while not self._is_whole():
            try:
                piece = self.sock.recv(PIECE)
            except BlockingIOError:
                return False
            if not piece:
                raise ConnectionResetError
            self.received += piece
        return True

    def hand_over(self) -> None:
        """Lay all that arrived ready for the thread that serves the request, with the time that is left for the rest."""
        self.allowed = self.left
        self.unreader.put_ahead(bytes(self.received))
        self.received = bytearray()

    @property
    def is_complete(self) -> bool:
        """Whether all of the request had arrived when it was handed over; otherwise the connection may have to end with it."""
        return self._body is None or self._body.ended

    def _is_whole(self) -> bool:
        if not self.has_head:
            ends = self.received.find(END)
            if ends < 0:
                return len(self.received) > LONGEST_HEAD
            self.has_head = True
            self._body = body_after(bytes(self.received[: ends + len(END)]), self._largest_body)
        return self._body is None or self._body.is_whole(self.received)
