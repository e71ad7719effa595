"""Calendly for tests that count: answers at once, remembers every call, and judges each by Calendly's own document."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl

from sandbox.threaded import ThreadedServer
from tests.calendly_contract import check_request, find_operation
from tests.system.calendly_world import Asked, World

LONGEST_HOLD = 60.0  # seconds after which a call that is held is answered all the same
LIMIT = 100_000  # calls a window: never reached here
WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    query: str = ""

    @property
    def url(self) -> str:
        """Give the path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def body(self) -> Any:
        """Give the JSON of the body, None where there is none."""
        return json.loads(self.raw) if self.raw else None

    @property
    def subject(self) -> str:
        """Give the uuid of what the call acts on: what is in its path, or what a link or a mark is made for."""
        made_for = {"/scheduling_links": "owner", "/invitee_no_shows": "invitee"}.get(self.path)
        path = self.body[made_for] if made_for and self.method == "POST" else self.path
        return str(path.removesuffix("/cancellation").rpartition("/")[2])


Loss = Literal["", "before", "after"]  # a call that is cut before it has its effect, or after


def never(_: Call) -> Loss:
    """Let every call be answered."""
    return ""


class CalendlyDouble:
    """Serves from the moment it is made until it is closed.

    `delay` is how long an answer takes, in seconds; `refusals` are answers for calls that act on something particular.
    `lose` says of each call whether its connection ends without an answer. `world` remembers every effect.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._began = time.monotonic()
        self._in_flight = 0
        self._lock = threading.Lock()
        self._gate = _opened()
        self._shut: list[threading.Event] = []
        self.forget()
        self._server = ThreadedServer(self._serve)
        self.url = self._server.url

    def forget(self) -> None:
        """Begin anew, as one that nobody has called yet and that holds nothing; faults stay."""
        self.let_go()
        self.world = World()
        self.lose: Callable[[Call], Loss] = never
        self.calls: list[Call] = []
        self.refusals: dict[str, tuple[int, Any]] = {}
        self.delay = 0.0

    def counts(self, name: str = "") -> Counter[str]:
        """Count the calls that change something, by what they act on; with a name, those on what begins with it."""
        subjects = (call.subject for call in list(self.calls) if call.method != "GET")
        return Counter(subject for subject in subjects if subject.startswith(name))

    @property
    def changes(self) -> int:
        """How many calls that change something have arrived."""
        return sum(call.method != "GET" for call in list(self.calls))

    @property
    def looks(self) -> int:
        """How many calls that only look have arrived."""
        return sum(call.method == "GET" for call in list(self.calls))

    @property
    def in_flight(self) -> int:
        """How many calls have arrived and are not answered yet."""
        return self._in_flight

    def hold(self) -> None:
        """Answer nothing until `let_go`."""
        self._gate = threading.Event()
        self._shut.append(self._gate)

    def let_others_pass(self) -> None:
        """Answer what arrives from now on; what is held stays held."""
        self._gate = _opened()

    def let_go(self) -> None:
        """Answer what is held, and everything from now on."""
        self._gate = _opened()
        for gate in self._shut:
            gate.set()

    def close(self) -> None:
        """Stop serving."""
        self.let_go()
        self._server.close()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = _read(environ)
        with self._lock:
            self.calls.append(call)
            self._in_flight += 1
            gate = self._gate
        try:
            loss = self.lose(call)
            if loss == "before":
                raise ConnectionResetError
            status, body = self._judge(call)
            if loss == "after":
                raise ConnectionResetError
            if self.delay:
                time.sleep(self.delay)
            gate.wait(LONGEST_HOLD)
        finally:
            with self._lock:
                self._in_flight -= 1
        return _write(start_response, status, body, self._rate())

    def _rate(self) -> list[tuple[str, str]]:
        """Give the headers that tell of the window that is open now; nobody else calls in it."""
        left = WINDOW - int(time.monotonic() - self._began) % WINDOW
        numbers = {"Limit": LIMIT, "Remaining": LIMIT - len(self.calls), "Reset": left}
        return [(f"X-RateLimit-{name}", str(number)) for name, number in numbers.items()]

    def _judge(self, call: Call) -> tuple[int, Any]:
        try:
            check_request(call.method, call.url, call.headers, call.raw)
        except AssertionError as exc:
            self.faults.append(str(exc))
            return 400, {"title": "Invalid Argument", "message": "The supplied parameters are invalid."}
        if call.subject in self.refusals:
            return self.refusals[call.subject]
        operation, _ = find_operation(call.method, call.path)
        asked = Asked(call.path, dict(parse_qsl(call.query)), call.body or {})
        return self.world.answer((operation.method, operation.template), asked)


def _opened() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


def _read(environ: dict[str, Any]) -> Call:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    raw = environ["wsgi.input"].read()
    call = Call(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers, raw, environ["QUERY_STRING"])
    if len(call.raw) < int(environ.get("HTTP_CONTENT_LENGTH") or 0):
        raise ConnectionAbortedError  # its sender died before it had sent everything: nobody can act on it
    return call


def _write(
    start_response: Callable[..., Any], status: int, body: Any, rate: list[tuple[str, str]]
) -> list[bytes]:
    content = b"" if body is None else json.dumps(body).encode()
    headers = [*rate, ("Content-Type", "application/json")]
    if status != 204:
        headers.append(("Content-Length", str(len(content))))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [content]
