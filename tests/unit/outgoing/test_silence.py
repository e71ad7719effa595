"""Sent, and then no whole answer: each way a server can fail, and that none of them holds a thread for long."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from relay.model.call import Outcome, Silence
from relay.outgoing import Door

SLACK = 1.0  # seconds a loaded machine may add to a deadline


def post(door: Door, url: str, body: bytes | None = b"{}", timeout: float = 5.0) -> Outcome:
    """Send a small request."""
    return door.send("POST", url, {"Content-Type": "application/json"}, body, timeout)


def _close_without_a_word(connection: socket.socket, listener: Any) -> None:
    listener.read_request(connection)
    connection.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket, listener: Any) -> None:
    listener.read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _say(answer: bytes, *, then_close: bool = True) -> Callable[[socket.socket, Any], None]:
    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        connection.sendall(answer)
        if then_close:
            connection.shutdown(socket.SHUT_RDWR)

    return script


HEAD = b"HTTP/1.1 201 Created\r\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(_close_without_a_word, "127.0.0.1 closed the connection without an answer", id="closed"),
        pytest.param(_reset, "127.0.0.1 broke the connection off", id="reset"),
        pytest.param(_say(b"HTTP/1.1 20"), "could not be read", id="half a status line"),
        pytest.param(_say(HEAD + b"Content-Length: 9\r\n\r\n{}"), "broke off", id="half a body"),
        pytest.param(
            _say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"), "broke off", id="half a chunk"
        ),
        pytest.param(
            _say(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"), "broke off", id="no chunk"
        ),
        pytest.param(_say(b"SSH-2.0-OpenSSH_9.2\r\n"), "could not be read as HTTP", id="another protocol"),
        pytest.param(_say(b"HTTP/1.1 abc OK\r\n\r\n"), "could not be read as HTTP", id="no number"),
        pytest.param(_say(HEAD + b"X: " + b"a" * 70_000), "could not be read as HTTP", id="endless header"),
        pytest.param(_say(HEAD + b"X: y\r\n" * 200 + b"\r\n"), "failed", id="too many headers"),
        pytest.param(_say(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "could not be read as HTTP", id="interim"),
        pytest.param(_say(b"HTTP/1.1 101 Switch\r\n\r\n"), "could not be read as HTTP", id="another talk"),
    ],
)
def test_sent_and_then_no_whole_answer(
    door: Door, listen: Callable[..., Any], script: Callable[..., None], reason: str
) -> None:
    """Whatever breaks after the first byte left is silence: the request may have worked."""
    server = listen(script)

    outcome = post(door, server.url)

    assert isinstance(outcome, Silence)
    assert reason in outcome.reason
    assert 1 == len(server.requests)


def _hang(connection: socket.socket, listener: Any) -> None:
    listener.read_request(connection)
    listener.ending.wait(20)


def _drip(before: bytes, drop: bytes) -> Callable[[socket.socket, Any], None]:
    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        connection.sendall(before)
        while not listener.ending.wait(0.05):
            connection.sendall(drop)

    return script


def _flood(connection: socket.socket, listener: Any) -> None:
    listener.read_request(connection)
    while not listener.ending.is_set():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(_hang, id="nothing at all"),
        pytest.param(_drip(b"HTTP/1.1 200 O", b"K"), id="a status line that never ends"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="headers one at a time"),
        pytest.param(_drip(HEAD + b"Content-Length: 9999\r\n\r\n", b"x"), id="a body byte by byte"),
        pytest.param(
            _drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="chunks one at a time"
        ),
        pytest.param(_flood, id="interim answers without end"),
    ],
)
def test_the_time_is_for_the_whole_answer(
    door: Door, listen: Callable[..., Any], script: Callable[..., None]
) -> None:
    """A server that drips cannot hold a thread for longer than the time for the request."""
    server = listen(script)
    began = time.monotonic()

    outcome = post(door, server.url, timeout=0.5)

    took = time.monotonic() - began
    assert isinstance(outcome, Silence)
    assert 0.4 < took < 0.5 + SLACK


def test_a_late_first_line_buys_no_time(door: Door, listen: Callable[..., Any]) -> None:
    """What comes shortly before the end does not start the clock anew."""

    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        listener.ending.wait(1.3)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        listener.ending.wait(20)

    outcome = post(door, listen(script).url, timeout=1.5)

    assert isinstance(outcome, Silence)
    assert outcome.seconds < 1.5 + SLACK


def test_a_server_that_does_not_read_cannot_hold_a_thread(door: Door, listen: Callable[..., Any]) -> None:
    """The time covers the sending too; part of the request left, so it is silence."""
    server = listen(lambda _, listener: listener.ending.wait(20))
    began = time.monotonic()

    outcome = post(door, server.url, body=b"x" * 30_000_000, timeout=0.5)

    assert isinstance(outcome, Silence)
    assert "127.0.0.1 did not answer within 0.5 seconds" == outcome.reason
    assert time.monotonic() - began < 0.5 + SLACK
