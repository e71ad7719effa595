"""The server that tests run the sandbox on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.server import Sandbox
from tests.sandbox.addresses import link
from tests.sandbox.calling import Client

REQUEST = "GET /users/me HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer sandbox\r\n"


def _connect(sandbox: Sandbox) -> socket.socket:
    place = urlsplit(sandbox.url)
    return socket.create_connection((place.hostname, place.port), timeout=30)


def _read_status(connection: socket.socket) -> str:
    """Read one whole answer, which comes in one piece, and give its first line."""
    return connection.recv(65536).split(b"\r\n", 1)[0].decode()


def test_a_connection_serves_many_calls(sandbox: Sandbox) -> None:
    """Pooled clients need not connect anew."""
    with _connect(sandbox) as connection:
        statuses = []
        for _ in range(3):
            connection.sendall(f"{REQUEST}\r\n".encode())
            statuses.append(_read_status(connection))

    assert ["HTTP/1.1 200 OK"] * 3 == statuses


def test_a_client_may_ask_for_the_connection_to_end(sandbox: Sandbox) -> None:
    """After the answer the server closes."""
    with _connect(sandbox) as connection:
        connection.sendall(f"{REQUEST}Connection: close\r\n\r\n".encode())
        status, rest = _read_status(connection), connection.recv(1)

    assert ("HTTP/1.1 200 OK", b"") == (status, rest)


def test_a_body_may_come_in_chunks(sandbox: Sandbox) -> None:
    """Without a length known beforehand."""

    def chunks() -> Iterator[bytes]:
        yield b'{"max_event_count": 1, "owner_type": "EventType", '
        yield f'"owner": "{link()["owner"]}"'.encode() + b"}"

    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    answer = requests.post(sandbox.url + "/scheduling_links", data=chunks(), headers=headers, timeout=30)

    assert 201 == answer.status_code


def test_a_look_at_the_head_changes_nothing(sandbox: Sandbox) -> None:
    """No body comes, and the journal knows of no effect."""
    headers = {"Authorization": "Bearer sandbox"}
    answer = requests.head(sandbox.url + "/users/me", headers=headers, timeout=30)

    assert (200, b"") == (answer.status_code, answer.content)
    assert [False] == [call.effect for call in sandbox.calls()]


def test_a_huge_body_is_refused(sandbox: Sandbox) -> None:
    """The sandbox keeps what it gets, so there is a bound."""
    body = b" " * (9 * 1024 * 1024)
    answer = requests.post(sandbox.callback_url(), data=body, timeout=30)

    assert 413 == answer.status_code
    assert [] == sandbox.callbacks()


def test_sandboxes_know_nothing_of_each_other(sandbox: Sandbox, client: Client) -> None:
    """Each has its own world and its own port."""
    with Sandbox() as other:
        client.post("/scheduling_links", link())

        assert [] == other.calls()
        assert other.url != sandbox.url
        assert (1, 0) == (len(sandbox.state.scheduling_links), len(other.state.scheduling_links))


def test_a_closed_sandbox_answers_no_more() -> None:
    """Its port is free again."""
    with Sandbox() as sandbox:
        url = sandbox.url

    with pytest.raises(requests.ConnectionError):
        requests.get(url + "/users/me", timeout=30)


def test_a_reset_of_the_sandbox_object_starts_over(sandbox: Sandbox, client: Client) -> None:
    """For tests that share one."""
    client.post("/scheduling_links", link())
    sandbox.reset()

    assert ([], {}) == (sandbox.calls(), sandbox.state.scheduling_links)
