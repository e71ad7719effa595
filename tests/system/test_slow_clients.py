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
from local.valkey import EmbeddedValkey
from relay.open_files import allow_many
from tests.waiting import until
from tests.web_process import ADMIN_KEY, answers, web_process

CONFIG = "tests/system/hasty_gunicorn.py"
REQUEST_TIME = 4.0  # seconds, as that configuration has it
THREADS = 2
HEAD = f"Host: relay\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
MANY = 1200  # connections
STALLED = 40  # clients: if each held a thread for as long as it has, the next one would wait for them all
SOON = 10.0  # seconds, of which a right answer takes a small part
PATIENT = 240  # seconds that a client may have, and a process that ends


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, valkey: EmbeddedValkey) -> Iterator[int]:
    """Give the port of a web process with few threads and little patience: one for all tests, since clients leave nothing behind."""
    log = tmp_path_factory.mktemp("hasty") / "log"
    with web_process(log, CONFIG, RELAY_WEB_THREADS=str(THREADS), REDIS_URL=valkey.url) as number:
        yield number


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Hold connections open until the test is over."""
    with ExitStack() as stack:
        yield stack


def connect(port: int, sent: str, clients: ExitStack) -> socket.socket:
    """Connect and send this much."""
    client = clients.enter_context(socket.create_connection((LOOPBACK, port), timeout=30))
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
        f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n{{",
        f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{{",
        f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Transfer-Encoding: identity, chunked\r\n\r\n5\r\n{{",
        f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Content-Length: {1000:020}\r\n\r\n{{",
        f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n",
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half a chunk",
        "half a body with a key",
        "half a chunk with a key",
        "half a chunk of two codings",
        "half a body behind zeros",
        "no body, though it was asked for",
        "kept alive",
        "never closed",
    ],
)
def test_clients_that_stall_hold_no_thread(port: int, clients: ExitStack, sent: str) -> None:
    """Many more of them than threads, and the next client is still answered at once."""
    for _ in range(STALLED):
        connect(port, sent, clients)

    assert healthy_in(port) < SOON


def test_clients_that_do_not_read_hold_no_thread(port: int, clients: ExitStack) -> None:
    """An answer that is longer than what a connection holds, to many who take none of it: whoever reads is answered."""
    deaf = [_deaf(port, clients) for _ in range(STALLED)]
    for client in deaf:
        client.sendall(b"GET /docs HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")

    assert healthy_in(port) < SOON
    whole = requests.get(f"http://{LOOPBACK}:{port}/docs", timeout=30).content
    assert any(all_of(client).endswith(whole[-1000:]) for client in deaf)  # as many as there is room for


def _deaf(port: int, clients: ExitStack) -> socket.socket:
    """Connect as from far away, where little is on its way at once; on one machine nearly any answer is."""
    client = clients.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)
    client.settimeout(30)
    client.connect((LOOPBACK, port))
    return client


def test_a_refusal_leaves_the_connection_as_it_says(port: int, clients: ExitStack) -> None:
    """A body that is here and that nobody read is no reason to close a connection that was to be kept."""
    refused = (
        f"POST /api/v1/credentials HTTP/1.1\r\nHost: relay\r\nContent-Length: 300000\r\n\r\n{' ' * 300_000}"
    )
    client = connect(port, refused, clients)
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")

    answers = all_of(client)

    assert [True, True] == [b"HTTP/1.1 401 " in answers, b"HTTP/1.1 200 OK" in answers]


def test_heads_that_do_not_end_hold_no_more_than_there_is_room_for(
    tmp_path: Path, clients: ExitStack
) -> None:
    """Who holds much of one parts when all of them together are too much, however much time there is."""
    large = "GET /healthz HTTP/1.1\r\nHost: relay\r\nX-Long: " + "x" * 30_000
    with web_process(tmp_path / "log", CONFIG, TEST_REQUEST_TIME=str(PATIENT)) as number:
        senders = [connect(number, large, clients) for _ in range(20)]

        until(lambda: any(_has_ended(each) for each in senders))
        assert healthy_in(number) < SOON


def _has_ended(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_more_idle_connections_than_there_is_room_for_keep_nobody_out(port: int, clients: ExitStack) -> None:
    """The one that has been idle for longest makes room."""
    for _ in range(100):
        connect(port, "", clients)
    for _ in range(100):
        connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n", clients)

    assert healthy_in(port) < SOON


def test_thousands_of_connections_cost_files_and_nothing_else(tmp_path: Path, clients: ExitStack) -> None:
    """More than the 1,024 files that shells allow a process: it takes as many as the machine permits."""
    assert allow_many() > MANY + 100
    with web_process(tmp_path / "log") as number:
        for _ in range(MANY):
            connect(number, "", clients)

        assert healthy_in(number) < SOON


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ("Content-Length: 1073741824", b"", 413),
        (
            "Transfer-Encoding: chunked",
            b"100000\r\n" + b" " * 0x100000 + b"\r\n100000\r\n" + b" " * 9000,
            413,
        ),
        ("Transfer-Encoding: chunked", b"40000000\r\n" + b" " * 2_000_000, 413),
        ("Content-Encoding: gzip\r\nContent-Length: 1073741824", b"", 415),
    ],
    ids=["announced", "in chunks", "in one chunk", "packed"],
)
def test_a_body_that_is_too_much_is_refused_before_it_has_arrived(
    port: int, clients: ExitStack, headers: str, body: bytes, status: int
) -> None:
    """The connection ends with the answer, so nothing of the rest is read into memory."""
    client = connect(port, f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}{headers}\r\n\r\n", clients)
    client.sendall(body)

    answer = all_of(client)

    assert f"HTTP/1.1 {status} ".encode() == answer[:13]
    assert b"connection: close" in answer.lower()


def test_a_head_that_does_not_end_ends_the_connection(port: int, clients: ExitStack) -> None:
    """It trickles, so that no time-out between two bytes would ever catch it."""
    began = time.monotonic()
    client = connect(port, "GET /healthz HTTP/1.1\r\nHost: relay\r\nX-Slow: ", clients)

    def gone() -> bool:
        try:
            client.sendall(b"x")
        except OSError:
            return True
        return False

    until(gone)
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

    chunked = requests.post(address, data=pieces, headers=key, timeout=30)
    announced = requests.post(address, data=b'{"id": "Wrong"}' + b" " * 300_000, headers=key, timeout=30)

    assert [422, 422] == [chunked.status_code, announced.status_code]


def test_bodies_are_read_in_threads_where_too_much_of_them_waits(port: int, clients: ExitStack) -> None:
    """More than the process holds is on its way at once, and each is answered when it is whole."""
    half = b" " * 200_000
    head = f"POST /api/v1/credentials HTTP/1.1\r\n{HEAD}Content-Length: 400000\r\nConnection: close\r\n\r\n"
    senders = [connect(port, head, clients) for _ in range(4)]
    for sender in senders:
        sender.sendall(half)
    for sender in senders:
        sender.sendall(half[:-15] + b'{"id": "Wrong"}')

    assert [b"HTTP/1.1 422 "] * 4 == [all_of(sender)[:13] for sender in senders]


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
    """Idle connections do not keep a process that was asked to end, however much time they have otherwise."""
    with web_process(tmp_path / "log", CONFIG, TEST_REQUEST_TIME=str(PATIENT)) as number:
        for _ in range(10):
            connect(number, "", clients)
        assert answers(number)
        asked = time.monotonic()

    assert time.monotonic() - asked < PATIENT / 4
