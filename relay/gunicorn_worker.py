"""gunicorn's threaded worker, made patient with many and never for long with one.

Its own worker reads heads and bodies in its threads, and waits for slow clients without an end: a few of them stop the
process. Here a connection gets a thread once the whole head of a request is there; until then, between requests and
after the last answer it waits in the poller, which holds thousands. And the client has a bounded time for its request.

TLS and HTTP/2 end before the relay, so this worker speaks neither.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

REQUEST_TIME = 20.0  # seconds for head and body together: a megabyte at the speed of a bad mobile line
ANSWER_TIME = 20.0  # seconds that a client may take to read a piece of its answer
PARTING_TIME = 2.0  # seconds to let an answer arrive before the connection is closed under it
LONGEST_HEAD = 64 * 1024  # bytes held of a head that has not ended
PIECE = 64 * 1024  # bytes read at once
END = b"\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


class TooSlow(NoMoreData, TimeoutError):
    """The time for this request is over. gunicorn ends such a connection without ado."""


class TimedUnreader(SocketUnreader):
    """Reads from the client until a deadline. Without one, what was taken in before is all there is."""

    _ends = 0.0

    def allow(self, seconds: float) -> None:
        """Set the deadline."""
        self._ends = time.monotonic() + seconds

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Read once. Raises TooSlow at the deadline, however steadily the bytes trickle."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooSlow
        self.sock.settimeout(left)
        try:
            return self.sock.recv(max(self.mxchunk, min(size_hint or 0, PIECE)))
        except TimeoutError as exc:
            raise TooSlow from exc
        finally:
            self.sock.settimeout(ANSWER_TIME)


class Connection(TConn):
    """A client's connection. While it waits, it may do so for `allowed` seconds from `since`."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.unreader = TimedUnreader(sock)
        self.parser = RequestParser(cfg, sock, client)
        self.parser.unreader = self.unreader
        self.initialized = self.data_ready = True  # or gunicorn would look for TLS and wait for bytes
        self.head = bytearray()
        self.since = self.allowed = 0.0

    def wait(self, seconds: float) -> None:
        """Begin to wait."""
        self.sock.setblocking(False)
        self.since, self.allowed = time.monotonic(), seconds

    @property
    def left(self) -> float:
        """Give the seconds that it may still wait."""
        return self.since + self.allowed - time.monotonic()

    def gather(self) -> bool:
        """Take in what has arrived of a head, and tell whether it is whole, or too long to wait for its end.

        Raises OSError when the client is gone.
        """
        while END not in self.head and len(self.head) <= LONGEST_HEAD:
            try:
                piece = self.sock.recv(PIECE)
            except BlockingIOError:
                return False
            if not piece:
                raise ConnectionResetError
            self.head += piece
        return True


class TimedWorker(ThreadWorker):
    """The worker. What waits is in `waiting` and in the poller; only the main thread touches either."""

    request_time = REQUEST_TIME

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting: set[Connection] = set()

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection in, and begin to wait for its first request."""
        try:
            sock, client = listener.accept()
        except OSError as exc:
            if exc.errno in NOBODY_THERE:
                return
            raise
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for the head of the connection's next request; what came behind the last one begins it."""
        assert isinstance(conn, Connection)  # noqa: S101 # `accept` makes no other
        conn.head = bytearray(conn.unreader.take_buffered())
        conn.wait(self.request_time)
        self._await(conn, self._gather)
        self._gather(conn)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Serve one request in a thread: its body has the time that the head left, however long a thread was awaited."""
        assert isinstance(conn, Connection)  # noqa: S101 # as above
        conn.unreader.allow(conn.allowed)
        conn.sock.settimeout(ANSWER_TIME)
        try:
            return super().handle_request(req, conn)
        except TimeoutError as exc:  # the client does not read its answer
            raise TooSlow from exc
        finally:
            conn.unreader.allow(0)  # for a body that nobody read: what is not here yet ends the connection

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Keep the connection for its next request, or part with it."""
        assert isinstance(conn, Connection)  # noqa: S101 # as above
        if fs.cancelled() or fs.exception() or not fs.result():
            self._part(conn)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Drop whatever has waited for too long; a worker that stops waits no longer than a parting takes.

        This is called between two looks at the poller: what is dropped here has no event left that would find it gone.
        """
        now = time.monotonic()
        longest = self.request_time if self.alive else PARTING_TIME
        for conn in [each for each in self.waiting if now - each.since >= min(longest, each.allowed)]:
            self._drop(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _gather(self, conn: Connection, _: Any = None) -> None:
        try:
            whole = conn.gather()
        except OSError:
            self._drop(conn)
            return
        if not whole:
            return
        self._leave(conn)
        if END not in conn.head:
            self._part(conn, TOO_LONG)
            return
        conn.allowed = conn.left
        conn.unreader.unread(bytes(conn.head))
        super().enqueue_req(conn)

    def _part(self, conn: Connection, last: bytes = b"") -> None:
        """Say that no more comes, and read on for a moment: unread bytes would have the answer thrown away."""
        try:
            conn.wait(PARTING_TIME)
            conn.sock.send(last)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._await(conn, self._discard)

    def _discard(self, conn: Connection, _: Any = None) -> None:
        try:
            gone = not conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._drop(conn)

    def _await(self, conn: Connection, then: Callable[..., None]) -> None:
        self.waiting.add(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(then, conn))

    def _leave(self, conn: Connection) -> None:
        if conn in self.waiting:
            self.waiting.remove(conn)
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        """Close the connection that has been idle for longest, so that idle ones never keep a new one out."""
        if self.keepalived_conns:
            idle = self.keepalived_conns.popleft()
            self.poller.unregister(idle.sock)
            self.nr_conns -= 1
            idle.close()
        elif self.waiting:
            self._drop(min(self.waiting, key=lambda each: each.since))
