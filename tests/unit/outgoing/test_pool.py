"""Connections that are used again: never for somebody else's answer, and never to send something twice."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from relay.model.call import Answer, Outcome, Silence
from relay.outgoing import Door
from relay.outgoing import wire as wire_module

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def post(door: Door, url: str, body: bytes | None = b"{}", timeout: float = 30.0) -> Outcome:
    """Send a small request."""
    return door.send("POST", url, {"Content-Type": "application/json"}, body, timeout)


def test_connections_are_used_again(door: Door, answer_with: Callable[..., Any]) -> None:
    """Many requests, one connection."""
    server = answer_with(OK)

    outcomes = [post(door, server.url) for _ in range(5)]

    assert [200] * 5 == [outcome.status for outcome in outcomes if isinstance(outcome, Answer)]
    assert 1 == server.connections


def test_a_connection_that_idled_too_long_is_not_trusted(
    door: Door, answer_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something on the way may have dropped it without a word."""
    server = answer_with(OK)
    post(door, server.url)
    monkeypatch.setattr(wire_module, "LONGEST_IDLE", 0.0)

    post(door, server.url)

    assert 2 == server.connections


def test_a_connection_that_was_closed_meanwhile_is_replaced(door: Door, listen: Callable[..., Any]) -> None:
    """The pool sees that the other side hung up, before anything is sent into the void."""
    closed = threading.Event()

    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        closed.set()

    server = listen(script)
    first = post(door, server.url)
    assert closed.wait(20)

    second = post(door, server.url)

    assert [Answer, Answer] == [type(first), type(second)]
    assert 2 == len(server.requests)


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
def test_nothing_is_sent_twice_by_itself(door: Door, listen: Callable[..., Any], method: str) -> None:
    """A kept connection that dies with our request in it is silence: the request went out once, and only once."""

    def script(connection: socket.socket, listener: Any) -> None:
        if listener.read_request(connection):
            connection.sendall(OK)
        listener.read_request(connection)
        connection.shutdown(socket.SHUT_RDWR)

    server = listen(script)
    post(door, server.url)

    outcome = door.send(method, server.url, {}, None, 30)

    assert isinstance(outcome, Silence)
    assert (2, 1) == (len(server.requests), server.connections)


def test_a_late_answer_is_never_taken_for_the_next_ones(door: Door, listen: Callable[..., Any]) -> None:
    """After a time-out the connection is gone, so what still comes on it reaches nobody."""
    late = threading.Event()

    def script(connection: socket.socket, listener: Any) -> None:
        if b"first" in listener.read_request(connection):
            late.wait(20)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")

    server = listen(script)
    first = post(door, server.url, body=b"first", timeout=1.0)
    late.set()

    second = post(door, server.url, body=b"second")

    assert isinstance(first, Silence)
    assert isinstance(second, Answer)
    assert "second" == second.body


def test_an_answer_after_an_interim_one_is_never_taken_for_the_next_ones(
    door: Door, listen: Callable[..., Any]
) -> None:
    """An interim answer ends its connection, since the true one would still be on its way."""

    def script(connection: socket.socket, listener: Any) -> None:
        if b"first" in listener.read_request(connection):
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")

    server = listen(script)
    post(door, server.url, body=b"first")

    second = post(door, server.url, body=b"second")

    assert isinstance(second, Answer)
    assert "second" == second.body


def test_many_threads_share_one_door(door: Door, answer_with: Callable[..., Any]) -> None:
    """Each thread gets the answer to its own request."""

    def echo(connection: socket.socket, listener: Any) -> None:
        while request := listener.read_request(connection):
            body = request.partition(b"\r\n\r\n")[2]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    server = answer_with(OK)
    server._script = echo
    got: list[tuple[str, Any]] = []

    def work(number: int) -> None:
        for turn in range(20):
            word = f"t{number}n{turn}"
            outcome = post(door, server.url, body=word.encode())
            got.append((word, outcome.body if isinstance(outcome, Answer) else outcome))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)

    assert 160 == len(got)
    assert [] == [(sent, back) for sent, back in got if sent != back]
