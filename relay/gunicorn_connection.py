"""A client's connection as the web process sees it: what has arrived of a request, what has not left of its answer, and how long the rest may take."""

from __future__ import annotations

import socket
import time
from io import SEEK_END
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from relay.gunicorn_body import END, Body, body_after, waits_to_be_asked

ANSWER_TIME = 20.0  # seconds that a client may take to read a piece of its answer, or all that is left of it
LONGEST_HEAD = 64 * 1024  # bytes held of a head that has not ended
PIECE = 64 * 1024  # bytes read at once
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


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


class ClientSocket(socket.socket):
    """A client's socket. An answer keeps no thread waiting: what the client does not take at once is `unsent`."""

    def __init__(self, accepted: socket.socket) -> None:
        kind = accepted.family, accepted.type, accepted.proto
        super().__init__(*kind, fileno=accepted.detach())
        self.unsent = bytearray()

    def sendall(self, data: Any, _: int = 0) -> None:
        """Send what the client takes now, and keep the rest in order."""
        self.unsent += data
        self.send_on()

    def send_on(self) -> None:
        """Send what the client takes now. Raises OSError when it is gone."""
        patience = self.gettimeout()
        self.setblocking(False)
        try:
            while self.unsent:
                del self.unsent[: self.send(self.unsent)]
        except BlockingIOError:
            pass  # the rest is sent when there is room for it
        finally:
            self.settimeout(patience)


class Connection(TConn):
    """A client's connection. While it waits, it may do so for `allowed` seconds from `since`."""

    sock: ClientSocket

    def __init__(
        self, cfg: Any, accepted: socket.socket, client: Any, server: Any, largest_body: int
    ) -> None:
        sock = ClientSocket(accepted)
        super().__init__(cfg, sock, client, server)
        self.unreader = TimedUnreader(sock)
        self.parser = RequestParser(cfg, sock, client)
        self.parser.unreader = self.unreader
        self.initialized = self.data_ready = True  # or gunicorn would look for TLS and wait for bytes
        self.received = bytearray()
        self.has_head = False
        self.since = self.allowed = 0.0
        self.read_past = 0  # bytes that were thrown away after the last answer
        self._moved = 0  # bytes of an answer that have left since then
        self.was_asked = False  # whether its sender has heard that it may send its body
        self._body: Body | None = None
        self._largest_body = largest_body

    def wait(self, seconds: float) -> None:
        """Begin to wait."""
        self.sock.setblocking(False)
        self.since, self.allowed, self._moved = time.monotonic(), seconds, 0

    def moved(self, count: int) -> None:
        """Take note that so many bytes of the answer left: a client that reads piece by piece may go on."""
        self._moved += count
        if self._moved >= PIECE:
            self.since, self._moved = time.monotonic(), 0

    @property
    def left(self) -> float:
        """Give the seconds that it may still wait."""
        return self.since + self.allowed - time.monotonic()

    @property
    def holds(self) -> int:
        """Count the bytes that it keeps here: of a request that is not whole, or of an answer that has not left."""
        return len(self.received) + len(self.sock.unsent)

    def begin_request(self) -> None:
        """Begin with the next request; what came behind the last one is a part of it."""
        self.received = bytearray(self.unreader.take_buffered())
        self.has_head, self.was_asked, self._body = False, False, None

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
            head = bytes(self.received[: ends + len(END)])
            self._body = body_after(head, self._largest_body)
            if self._body and not self._body.is_whole(self.received) and waits_to_be_asked(head):
                self.was_asked = True
                self.sock.sendall(GO_ON)
        return self._body is None or self._body.is_whole(self.received)
