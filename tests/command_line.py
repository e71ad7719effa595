"""The command line as people use it, inside the test's own process, and servers for it to talk to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import requests
from click.testing import CliRunner
from werkzeug.serving import make_server

from relay.cli.main import main

LOOPBACK = "127.0.0.1"
LOGGED = '{"timestamp"'
UNSET = ("RELAY_URL", "RELAY_PUBLIC_URL", "RELAY_ADMIN_KEY", "RELAY_ADMIN_KEY_FILE", "RELAY_DATA_DIR", "PORT")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, what it printed, and what it said on stderr."""

    code: int
    out: str
    err: str


def run(*arguments: object, given: str | bytes = "", **environ: str) -> Ended:
    """Run a command with this on stdin and these variables set, without those of this machine."""
    around: Mapping[str, str | None] = {**dict.fromkeys(UNSET), **environ}
    with CliRunner().isolation(input=given, env=around) as (out, err, _):
        code = main([str(each) for each in arguments])
        # A relay that is served by this process logs to the same stderr.
        said = [
            line for line in err.getvalue().decode().splitlines(keepends=True) if not line.startswith(LOGGED)
        ]
        return Ended(code, out.getvalue().decode(), "".join(said))


@contextmanager
def serving(app: WSGIApplication) -> Iterator[str]:
    """Serve an application on a port of its own, and give its address."""
    server = make_server(LOOPBACK, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Give the body, read as JSON."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Say:
    """One answer."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(status: int, detail: str, errors: list[dict[str, Any]] | None = None, **headers: str) -> Say:
    """Give an answer that is a problem."""
    body = {
        "type": "urn:calendly-relay:problem:some",
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }
    return Say(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


class Recorder:
    """A server that answers as `answer` says and keeps every request."""

    def __init__(self, answer: Callable[[Asked], Say]) -> None:
        self.asked: list[Asked] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                """Keep the request and answer it."""
                place = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, place.path, place.query, dict(self.headers), body)
                recorder.asked.append(asked)
                said = answer(asked)
                sent = b"" if said.body is None else json.dumps(said.body).encode()
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815  # the server's own names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"

    def run(self, *arguments: object, given: str | bytes = "", **environ: str) -> Ended:
        """Run a command against this server."""
        usual = {"RELAY_URL": self.url, "RELAY_ADMIN_KEY": "admin-key-for-tests"}
        return run(*arguments, given=given, **{**usual, **environ})

    def of(self, method: str) -> list[Asked]:
        """Give the requests with this method."""
        return [each for each in self.asked if each.method == method]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def recording(answer: Callable[[Asked], Say]) -> Iterator[Recorder]:
    """Serve answers from a function."""
    recorder = Recorder(answer)
    try:
        yield recorder
    finally:
        recorder.close()


class ServedRelay:
    """A real relay that is served, and the command line for it. `secrets` are set while a file is applied."""

    def __init__(self, url: str, admin_key: str, file: Path, secrets: Mapping[str, str]) -> None:
        self.url = url
        self.admin_key = admin_key
        self.file = file
        self.secrets = secrets

    def run(self, *arguments: object, given: str | bytes = "", **environ: str) -> Ended:
        """Run a command with the admin key."""
        usual = {"RELAY_URL": self.url, "RELAY_ADMIN_KEY": self.admin_key}
        return run(*arguments, given=given, **{**usual, **environ})

    def apply(self, text: str, *options: str, **environ: str) -> Ended:
        """Apply a file with this text."""
        self.file.write_text(text, encoding="utf-8")
        return self.run("apply", self.file, *options, **{**self.secrets, **environ})

    def export(self, *arguments: str) -> str:
        """Export, and give the file."""
        ended = self.run("export", *arguments)
        assert 0 == ended.code, ended.err
        return ended.out

    def read(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Call the management API, as another client would."""
        headers = {"Authorization": f"Bearer {self.admin_key}"}
        return requests.request(
            method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30
        ).json()
