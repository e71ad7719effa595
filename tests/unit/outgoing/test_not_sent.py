"""Nothing left this machine, and the reason shows nothing that is secret."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from relay.model.call import NotSent, Outcome
from relay.outgoing import Door
from relay.outgoing.exchange import CURRENT, Exchange
from relay.outgoing.wire import Connection

LONG = 10.0  # seconds; many times what a caller may wait here, and who has no deadline waits for much longer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def post(door: Door, url: str, body: bytes | None = b"{}", timeout: float = 30.0) -> Outcome:
    """Send a small request."""
    return door.send("POST", url, {"Content-Type": "application/json"}, body, timeout)


def test_nobody_listens(door: Door) -> None:
    """A refused connection means that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    outcome = post(door, f"http://127.0.0.1:{port}/")

    assert isinstance(outcome, NotSent)
    assert ("127.0.0.1 refused the connection", False) == (outcome.reason, outcome.forbidden)


def test_nobody_picks_up(door: Door) -> None:
    """A connection that is not made within the time means that nothing was sent."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for filler in (first, second):  # the queue of the listener is full after these
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())

        outcome = post(door, f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=1.0)

    assert isinstance(outcome, NotSent)
    assert ("127.0.0.1 could not be reached in time", False) == (outcome.reason, outcome.forbidden)
    assert outcome.seconds < LONG


def _no_such_name(*_: object) -> list[Any]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_name_that_nobody_knows(open_door: Callable[..., Door]) -> None:
    """A failed look-up means that nothing was sent, and a later one may work."""
    door = open_door(resolver=_no_such_name)

    outcome = post(door, "http://crm.example/")

    assert NotSent("the name crm.example could not be looked up", outcome.seconds) == outcome


def test_a_look_up_that_hangs_ends_with_the_time(open_door: Callable[..., Door]) -> None:
    """The system's own look-up knows no time-out; the door does."""
    over = threading.Event()
    waited_for: list[bool] = []

    def hang(*_: object) -> list[Any]:
        waited_for.append(over.wait(LONG))
        return []

    door = open_door(resolver=hang)

    outcome = post(door, "http://crm.example/", timeout=0.3)

    hangs_still = not waited_for
    over.set()
    assert isinstance(outcome, NotSent)
    assert hangs_still


@pytest.fixture
def quiet_port() -> int:
    """Give a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/hooks/s3cret?token=s3cret",
        "http://someone:s3cret@127.0.0.1:{port}/",
        "http://127.0.0.1:22/s3cret",
        "ftp://127.0.0.1/s3cret",
        "http://127.0.0.1:{port}/s3cret\r\nX: s3cret",
        "http://[::1/s3cret",
        "//s3cret",
        "",
    ],
)
def test_reasons_hold_no_secret(door: Door, quiet_port: int, url: str) -> None:
    """Paths, queries and users of an address stay out of what is logged and shown."""
    outcome = post(door, url.format(port=quiet_port))

    assert isinstance(outcome, NotSent)
    assert "s3cret" not in outcome.reason


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "b\r\nX-Evil: c"}, {"X-A\r\nX-Evil": "b"}, {"X-A": "b\nc"}, {"X-A": "\u20ac"}],
)
def test_a_header_cannot_carry_another(
    door: Door, answer_with: Callable[..., Any], headers: dict[str, str]
) -> None:
    """A header with a line end, or with what no header can hold, is refused before anything is sent."""
    server = answer_with(OK)

    outcome = door.send("POST", server.url, headers, b"{}", 30)

    assert isinstance(outcome, NotSent)
    assert outcome.forbidden
    assert [] == server.requests


@pytest.mark.parametrize("method", ["GET /evil HTTP/1.1\r\nX: ", "PO ST", "P\x00ST"])
def test_a_method_cannot_carry_more(door: Door, answer_with: Callable[..., Any], method: str) -> None:
    """Neither can a method."""
    server = answer_with(OK)

    outcome = door.send(method, server.url, {}, None, 30)

    assert isinstance(outcome, NotSent)
    assert [] == server.requests


def test_nothing_is_sent_once_the_time_is_over() -> None:
    """A connection that took all the time is not used: the call would be in doubt where now it is certain."""
    exchange = Exchange(0.0)
    token = CURRENT.set(exchange)
    ours, theirs = socket.socketpair()
    connection = Connection("calendly.example", 80)
    connection.sock = ours

    with pytest.raises(TimeoutError):
        connection.send(b"POST /invitee_no_shows HTTP/1.1")

    CURRENT.reset(token)
    connection.close()
    with theirs:
        assert (False, b"") == (exchange.sent, theirs.recv(100))
