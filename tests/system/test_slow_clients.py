"""Slow and idle clients cost the web process a place in a list, and nobody else an answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from local.ports import LOOPBACK
from tests.waiting import until
from tests.web_process import ADMIN_KEY, answers, web_process

CONFIG = "tests/system/hasty_gunicorn.py"
REQUEST_TIME = 2.0  # seconds, as that configuration has it
THREADS = 2
HEAD = f"Host: relay\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
SOON = 1.0  # seconds: well before any client's time is over


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Give the port of a web process with few threads and little patience."""
    with web_process(tmp_path / "log", CONFIG, RELAY_WEB_THREADS=str(THREADS)) as number:
        yield number


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Hold connections open until the test is over."""
    with ExitStack() as stack:
        yield stack


def connect(port: int, sent: str, clients: ExitStack) -> socket.socket:
    """Connect and send this much."""
    client = clients.enter_context(socket.create_connection((LOOPBACK, port), timeout=10))
    client.sendall(sent.encode())
    return client


def healthy_in(port: int) -> float:
    """Give the seconds that one look at /healthz takes."""
    began = time.monotonic()
    assert answers(port)
    return time.monotonic() - began


def all_of(client: socket.socket) -> bytes:
    """Give what comes until the connection ends."""
    pieces = []
    try:
        while piece := client.recv(4096):
            pieces.append(piece)
    except ConnectionResetError:
        pass  # an end as well
    return b"".join(pieces)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "GET /healthz HTTP/1.1\r\nHost: rel",
        f"POST /in/nothing HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n{{",
        f"POST /in/nothing HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{{",
        "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk", "kept alive", "never closed"],
)
def test_clients_that_stall_hold_no_thread(port: int, clients: ExitStack, sent: str) -> None:
    """Many more of them than threads, and the next client is still answered at once."""
    for _ in range(THREADS * 10):
        connect(port, sent, clients)

    assert healthy_in(port) < SOON


def test_more_idle_connections_than_there_is_room_for_keep_nobody_out(port: int, clients: ExitStack) -> None:
    """The one that has been idle for longest makes room."""
    for _ in range(100):
        connect(port, "", clients)
    for _ in range(100):
        connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n", clients)

    assert healthy_in(port) < SOON


def test_a_head_that_does_not_end_ends_the_connection(port: int, clients: ExitStack) -> None:
    """It trickles, so that no time-out between two bytes would ever catch it."""
    client = connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\nX-Slow: ", clients)
    began = time.monotonic()

    def gone() -> bool:
        try:
            client.sendall(b"x")
        except OSError:
            return True
        return False

    until(gone, REQUEST_TIME * 5)
    assert REQUEST_TIME * 0.9 < time.monotonic() - began


def test_a_body_that_does_not_end_is_refused(port: int, clients: ExitStack) -> None:
    """The answer is a problem that says so, and the connection ends."""
    client = connect(
        port, f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n{{", clients
    )

    answer = all_of(client)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"urn:calendly-relay:problem:too_slow" in answer


def test_requests_that_follow_each_other_are_each_answered(port: int, clients: ExitStack) -> None:
    """Also when the second is sent behind the first, and its head comes in two pieces."""
    client = connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\nGET /healthz HTT", clients)
    client.sendall(b"P/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")

    assert 2 == all_of(client).count(b"HTTP/1.1 200 OK")


def test_a_body_that_comes_in_pieces_is_read_whole(port: int) -> None:
    """Chunked, and announced."""
    pieces = (piece for piece in (b'{"id"', b": ", b'"Wrong"}'))
    address = f"http://{LOOPBACK}:{port}/api/v1/credentials"
    key = {"Authorization": f"Bearer {ADMIN_KEY}"}

    chunked = requests.post(address, data=pieces, headers=key, timeout=10)
    announced = requests.post(address, data=b'{"id": "Wrong"}' + b" " * 300_000, headers=key, timeout=10)

    assert [422, 422] == [chunked.status_code, announced.status_code]


def test_a_body_that_waits_to_be_asked_for_is_asked_for(port: int, clients: ExitStack) -> None:
    """As curl does with larger ones."""
    expecting = f"{HEAD}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    client = connect(port, f"POST /api/v1/credentials HTTP/1.1\r\n{expecting}", clients)

    asked = client.recv(100)
    client.sendall(b"{}")

    assert asked.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 422 " in all_of(client)


def test_a_head_without_measure_is_refused(port: int, clients: ExitStack) -> None:
    """It is read up to a bound, not to its end."""
    client = connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\nX-Long: " + "x" * 200_000, clients)

    assert b"HTTP/1.1 431 " in all_of(client)


def test_it_stops_soon_though_clients_wait(tmp_path: Path, clients: ExitStack) -> None:
    """Idle connections do not keep a process that was asked to end."""
    with web_process(tmp_path / "log") as number:
        for _ in range(10):
            connect(number, "", clients)
        assert answers(number)
        asked = time.monotonic()

    assert time.monotonic() - asked < 10
