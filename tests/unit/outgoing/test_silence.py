"""Sent, and then no whole answer: each way a server can fail, and that none of them holds a thread for long."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from relay.model.call import Outcome, Silence
from relay.outgoing import Door, exchange

SHORT = 1.0  # seconds for a request; no machine is so busy that it begins to send after them
HELD = 20.0  # seconds for which a server keeps a caller hanging, and then it hangs up: who waits for that is found out
IN_TIME = "127.0.0.1 did not answer within {:g} seconds"


def post(door: Door, url: str, body: bytes | None = b"{}", timeout: float = 30.0) -> Outcome:
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
    listener.ending.wait(HELD)
    connection.shutdown(socket.SHUT_RDWR)


def _repeat(before: bytes, what: bytes, pause: float) -> Callable[[socket.socket, Any], None]:
    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        connection.sendall(before)
        over = time.monotonic() + HELD
        while time.monotonic() < over and not listener.ending.wait(pause):
            connection.sendall(what)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def _drip(before: bytes, drop: bytes) -> Callable[[socket.socket, Any], None]:
    return _repeat(before, drop, 0.05)


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
        pytest.param(
            _repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.01), id="interim answers without end"
        ),
    ],
)
def test_the_time_is_for_the_whole_answer(
    door: Door, listen: Callable[..., Any], script: Callable[..., None]
) -> None:
    """A server that drips cannot hold a thread for longer than the time for the request."""
    server = listen(script)

    outcome = post(door, server.url, timeout=SHORT)

    assert isinstance(outcome, Silence)
    assert IN_TIME.format(SHORT) == outcome.reason
    assert outcome.seconds >= SHORT


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Give the time."""
        return self.now


def test_a_late_first_line_buys_no_time(
    door: Door, listen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes shortly before the end does not start the clock anew."""
    clock = Clock()
    monkeypatch.setattr(exchange, "time", clock)

    def script(connection: socket.socket, listener: Any) -> None:
        listener.read_request(connection)
        clock.now += 3599.9
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        listener.ending.wait(HELD)
        connection.shutdown(socket.SHUT_RDWR)

    outcome = post(door, listen(script).url, timeout=3600.0)

    assert isinstance(outcome, Silence)
    assert IN_TIME.format(3600) == outcome.reason


def test_a_server_that_does_not_read_cannot_hold_a_thread(door: Door, listen: Callable[..., Any]) -> None:
    """The time covers the sending too; part of the request left, so it is silence."""

    def script(connection: socket.socket, listener: Any) -> None:
        listener.ending.wait(HELD)
        connection.shutdown(socket.SHUT_RDWR)

    outcome = post(door, listen(script).url, body=b"x" * 30_000_000, timeout=SHORT)

    assert isinstance(outcome, Silence)
    assert IN_TIME.format(SHORT) == outcome.reason
