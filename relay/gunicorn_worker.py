"""gunicorn's threaded worker, made patient with many and never for long with one.

Its own worker reads heads and bodies in its threads, and waits for slow clients without an end: a few of them stop the
process. Here a connection gets a thread once a whole request is there; until then, between requests, while its answer
leaves and after the last one it waits in the poller, which holds thousands. And the client has a bounded time for each.

TLS and HTTP/2 end before the relay, so this worker speaks neither.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from relay.gunicorn_connection import ANSWER_TIME, PIECE, Connection
from relay.gunicorn_refusals import TOO_LONG, TOO_SLOW

REQUEST_TIME = 20.0  # seconds for head and body together: a megabyte at the speed of a bad mobile line
PARTING_TIME = 2.0  # seconds to let an answer arrive before the connection is closed under it
MOST_READ_PAST = 16 * 1024 * 1024  # bytes thrown away meanwhile: a sender that pours on is cut off
# Bytes of unfinished requests and answers in the poller. With more, bodies get threads early, and clients part that hold
# a large piece of a head, or do not read.
MOST_HELD = 64 * 1024 * 1024
USUAL_HEAD = 4 * 1024  # bytes
AT_ONCE = 64  # connections; where thousands come together, one for each look at the poller would keep the last ones waiting
SWEEP = 0.2  # seconds between two looks for clients whose time is over
LAST_CALL = 0.5  # seconds for which a process that ends still takes connections: its parent's signal may be later than its own
NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


class TimedWorker(ThreadWorker):
    """The worker. What waits is in `waiting`, oldest first, and in the poller; only the main thread touches either."""

    request_time = REQUEST_TIME
    answer_time = ANSWER_TIME
    most_held = MOST_HELD
    largest_body = 1024 * 1024  # bytes; the configuration file says how many the application takes

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting: dict[Connection, None] = {}
        self.held = 0  # bytes of unfinished requests and answers
        self._swept_at = self._ended_at = 0.0

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Take connections, or none for the moment; a worker that ends takes those that are there already, and then no more.

        Who comes later is refused by the system, and a balancer asks another process: nobody waits for one that is gone.
        """
        if self.alive or enabled:
            super().set_accept_enabled(enabled)
        elif not self._ended_at:
            self._ended_at = time.monotonic()
            self._take_the_last()

    def accept(self, listener: socket.socket) -> None:
        """Take new connections in, some at a time, and begin to wait for their first requests."""
        for _ in range(AT_ONCE):
            if self.nr_conns >= self.worker_connections or not self._accepted(listener):
                return

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for the connection's next request."""
        assert isinstance(conn, Connection)  # noqa: S101 # `accept` makes no other
        conn.begin_request()
        conn.wait(self.request_time)
        self._await(conn, EVENT_READ, self._gather)
        self._gather(conn)  # at once: who has sent his request is not idle, and makes no room for others

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Serve one request in a thread: what is not here yet has the time that is left, however long a thread was awaited."""
        assert isinstance(conn, Connection)  # noqa: S101 # as above
        conn.unreader.allow(conn.allowed)
        conn.sock.settimeout(ANSWER_TIME)
        if not conn.is_complete:
            req.force_close()  # what is left of it may never be read, and the answer should say so
        if conn.was_asked:
            req._expected_100_continue = False  # type: ignore[attr-defined]  # noqa: SLF001 # gunicorn would say it again
        try:
            return super().handle_request(req, conn)
        finally:
            conn.unreader.allow(0)  # for a body that nobody read: what is not here yet ends the connection

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Read past a body that nobody read. It is here, so that takes no time; gunicorn reads no more than 64 KB of it."""
        assert isinstance(conn.parser, RequestParser)  # noqa: S101 # `Connection` makes no other
        return keepalive and bool(conn.parser.finish_body(max_bytes=2 * self.largest_body))  # type: ignore[func-returns-value]

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Send what is left of the answer, and then keep the connection for its next request, or part with it."""
        assert isinstance(conn, Connection)  # noqa: S101 # as above
        conn.forget()
        if not conn.sock.unsent:
            self._go_on(conn, fs)
        elif self.held > self.most_held or conn.sock.fileno() < 0:
            self._drop(conn)
        else:
            conn.wait(self.answer_time)
            self._await(conn, EVENT_WRITE, partial(self._send_on, fs))

    def _go_on(self, conn: Connection, fs: Future[bool]) -> None:
        if fs.cancelled() or fs.exception() or not fs.result():
            self._part(conn)
        else:
            conn.unreader.gather_rest()
            super().finish_request(conn, fs)

    def _send_on(self, fs: Future[bool], conn: Connection, _: Any = None) -> None:
        before = conn.holds
        try:
            conn.sock.send_on()
        except OSError:
            self._drop(conn)
            return
        sent = before - conn.holds
        self.held -= sent
        conn.moved(sent)
        if not conn.sock.unsent:
            self._leave(conn)
            self._go_on(conn, fs)

    def murder_pending(self) -> None:
        """Let nobody wait for too long; a worker that ends waits for heads no longer than a parting takes.

        This is called between two looks at the poller: what is dropped here has no event left that would find it gone.
        """
        now = time.monotonic()
        if now - self._swept_at >= SWEEP:
            self._swept_at = now
            for conn in [each for each in self.waiting if self._is_overdue(each, now)]:
                self._give_up(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _give_up(self, conn: Connection) -> None:
        """End what took too long; who has sent half a body is told. That takes no thread: thousands may do it at once."""
        if conn.has_head:
            self._leave(conn)
            self._part(conn, TOO_SLOW)
        else:
            self._drop(conn)

    def _take_the_last(self) -> None:
        while (left := self._ended_at + LAST_CALL - time.monotonic()) > 0:
            self.wait_for_and_dispatch_events(left)
        super().set_accept_enabled(False)
        for listener in self.sockets:
            listener.setblocking(False)
            while self._accepted(listener):
                pass
            listener.close()

    def _is_overdue(self, conn: Connection, now: float) -> bool:
        if self.alive or conn.has_head or conn.sock.unsent:
            return now - conn.since >= conn.allowed
        return now - max(conn.since, self._ended_at) >= min(PARTING_TIME, conn.allowed)

    def _accepted(self, listener: socket.socket) -> bool:
        """Take one connection in; tells whether there was one."""
        try:
            sock, client = listener.accept()
        except OSError as exc:
            if exc.errno in NOBODY_THERE:
                return False
            raise
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, sock, client, listener.getsockname(), self.largest_body))
        return True

    def _gather(self, conn: Connection, _: Any = None) -> None:
        before = conn.holds
        try:
            whole = conn.gather()
        except OSError:
            self.held += conn.holds - before
            self._drop(conn)
            return
        self.held += conn.holds - before
        crowded = self.held > self.most_held
        if whole or (conn.has_head and crowded):
            self._serve(conn)
        elif crowded and conn.holds > USUAL_HEAD:
            self._drop(conn)

    def _serve(self, conn: Connection) -> None:
        """Give a request to a thread."""
        self._leave(conn)
        if not conn.has_head:
            self._part(conn, TOO_LONG)
            return
        conn.hand_over()
        super().enqueue_req(conn)

    def _part(self, conn: Connection, last: bytes = b"") -> None:
        """Say that no more comes, and read on for a moment: unread bytes would have the answer thrown away."""
        try:
            conn.forget()
            conn.wait(PARTING_TIME)
            conn.sock.send(last)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._await(conn, EVENT_READ, self._discard)

    def _discard(self, conn: Connection, _: Any = None) -> None:
        try:
            read = len(conn.sock.recv(PIECE))
        except BlockingIOError:
            return
        except OSError:
            read = 0
        conn.read_past += read
        if not read or conn.read_past > MOST_READ_PAST:
            self._drop(conn)

    def _await(self, conn: Connection, event: int, then: Callable[..., None]) -> None:
        self.waiting[conn] = None
        self.held += conn.holds
        self.poller.register(conn.sock, event, partial(then, conn))

    def _leave(self, conn: Connection) -> None:
        if conn in self.waiting:
            del self.waiting[conn]
            self.held -= conn.holds
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
            self._drop(next(iter(self.waiting)))
