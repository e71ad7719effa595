"""A small WSGI server in threads, for tests: HTTP/1.1 with kept-alive connections, quiet, and gone when closed.

Werkzeug's own server closes every connection after one answer, which pooled clients would notice.
"""

from __future__ import annotations

import io
import socket
import sys
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import unquote_to_bytes

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
IDLE_SECONDS = 60
POLL_SECONDS = 0.02


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests and writes each answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: ThreadedServer

    def _serve(self) -> None:
        body = self._read_body()
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            started[:] = [status, headers]

        try:
            answer = self.server.app(self._environ(body), start_response)
            content = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        except ConnectionError:
            self.close_connection = True
            return
        self._write(started[0], started[1], content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": str(self.client_address[0]),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "sandbox.socket": self.connection,
        }
        # The body is whole by now; WSGI would take a chunked one for empty.
        del self.headers["Transfer-Encoding"]
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _write(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines) + "\r\n\r\n"
        self.wfile.write(head.encode("latin-1") + (b"" if self.command == "HEAD" else content))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the parent names it so)
        """Stay quiet."""


class ThreadedServer(ThreadingHTTPServer):
    """Serves an application on a free port of this machine until it is closed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, app: WsgiApp, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._guard = Lock()
        self._connections: set[socket.socket] = set()
        super().__init__((host, port), _Handler)
        self._thread = Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="sandbox", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the reverse name look-up that the parent makes."""
        _bind(self)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and know it, so that closing the server can end it."""
        with self._guard:
            self._connections.add(request)
        super().process_request_thread(request, client_address)
        with self._guard:
            self._connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what is a bug; a client that went away is no news."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop serving and end every open connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._connections:
                _hang_up(connection)


def _bind(server: ThreadingHTTPServer) -> None:
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.socket.bind(server.server_address)
    server.server_address = server.socket.getsockname()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was first
