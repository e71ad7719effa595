"""A server in Calendly's place that only records: each request as it arrived, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER = "https://api.calendly.com/users/USER000000000001"
ORGANIZATION = "https://api.calendly.com/organizations/ORG0000000000001"
ME = {"resource": {"uri": USER, "current_organization": ORGANIZATION, "name": "Recorder"}}


@dataclass(frozen=True)
class Recorded:
    """One request. `target` is the path with its query, exactly as it was asked for."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Recorder:
    """Answers each call with a success, or as `answers` says for its path; keeps all that it is asked to change.

    `GET /users/me` is answered with somebody, and not kept.
    """

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.answers: dict[str, Any] = {"/users/me": ME}
        self.statuses: list[int] = []  # answers to the next calls, before all is well again
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Give the address to call."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, recorded: Recorded) -> tuple[int, Any]:
        path = recorded.target.partition("?")[0]
        if path in self.answers:
            return 200, self.answers[path]
        with self._lock:
            self.requests.append(recorded)
            status = self.statuses.pop(0) if self.statuses else 0
        if status:
            return status, {"title": "As told", "message": "The test asked for this answer."}
        return {"DELETE": (204, None), "GET": (200, {})}.get(recorded.method, (201, {"resource": {}}))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                """Read one request, record it and answer."""
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorded = Recorded(self.command, self.path, dict(self.headers.items()), body)
                status, answer = recorder._answer(recorded)
                content = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
