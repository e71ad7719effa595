"""Answers: what is sent, what comes back, and what is made of it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay.model.call import Answer, Outcome
from relay.outgoing import Door

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def post(door: Door, url: str, body: bytes | None = b"{}", timeout: float = 30.0) -> Outcome:
    """Send a small request."""
    return door.send("POST", url, {"Content-Type": "application/json"}, body, timeout)


def test_an_answer_is_told_with_status_headers_and_json(door: Door, answer_with: Callable[..., Any]) -> None:
    """JSON is parsed, header names are in lower case, and the time it took is told."""
    server = answer_with(
        b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    )

    outcome = post(door, server.url)

    assert isinstance(outcome, Answer)
    assert (201, {"a": 1}, "application/json") == (
        outcome.status,
        outcome.body,
        outcome.headers["content-type"],
    )
    assert 0 < outcome.seconds < 30


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 410, 429, 500, 503, 599, 999])
def test_every_status_is_an_answer(door: Door, answer_with: Callable[..., Any], status: int) -> None:
    """A door does not judge: what was answered is told as it came."""
    server = answer_with(b"HTTP/1.1 %d Some\r\nContent-Length: 0\r\n\r\n" % status)

    outcome = post(door, server.url)

    assert isinstance(outcome, Answer)
    assert status == outcome.status


def test_the_body_is_sent_as_it_is_and_none_sends_none(door: Door, answer_with: Callable[..., Any]) -> None:
    """The bytes arrive unchanged; without a body there is neither one nor a word about its type."""
    server = answer_with(OK)

    door.send("POST", server.url + "/a?b=c", {"X-Team": "ops"}, b"\x00\xff", 30)
    door.send("DELETE", server.url, {}, None, 30)

    posted, deleted = server.requests
    assert posted.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert posted.endswith(b"\r\n\r\n\x00\xff")
    assert b"X-Team: ops\r\n" in posted
    assert b"User-Agent: calendly-relay/" in posted
    assert deleted.endswith(b"\r\n\r\n")
    assert b"content-type" not in deleted.lower()


def test_the_name_we_give_has_the_version_of_the_project(door: Door, answer_with: Callable[..., Any]) -> None:
    """User-Agent and pyproject.toml agree."""
    server = answer_with(OK)
    declared = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    version = declared.partition('version = "')[2].partition('"')[0]

    post(door, server.url)

    assert f"User-Agent: calendly-relay/{version}\r\n".encode() in server.requests[0]


def test_an_answer_before_the_whole_request_was_read_still_counts(
    door: Door, listen: Callable[..., Any]
) -> None:
    """A server that refuses a large body early is heard."""

    def script(connection: socket.socket, listener: Any) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        while connection.recv(1_000_000):
            pass

    outcome = post(door, listen(script).url, body=b"x" * 3_000_000)

    assert isinstance(outcome, Answer)
    assert 413 == outcome.status


def test_an_answer_that_is_too_large_is_cut(door: Door, answer_with: Callable[..., Any]) -> None:
    """What exceeds the limit is not read; the status is still known, and the connection is not used again."""
    server = answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)

    outcomes = [post(door, server.url) for _ in range(2)]

    assert [200, 200] == [outcome.status for outcome in outcomes if isinstance(outcome, Answer)]
    assert ["x" * 4096 + "… (cut)"] * 2 == [
        outcome.body for outcome in outcomes if isinstance(outcome, Answer)
    ]
    assert 2 == server.connections


def test_a_packed_body_is_not_unpacked(door: Door, answer_with: Callable[..., Any]) -> None:
    """We ask for none, and a few packed bytes could grow to gigabytes."""
    server = answer_with(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    )

    outcome = post(door, server.url)

    assert isinstance(outcome, Answer)
    assert "(a body packed as gzip, which nobody asked for; it was not read)" == outcome.body
    assert b"Accept-Encoding: identity\r\n" in server.requests[0]


def test_redirects_are_not_followed(door: Door, answer_with: Callable[..., Any]) -> None:
    """A redirect is an answer like any other; where it leads, nobody goes."""
    inside = answer_with(OK)
    outside = answer_with(
        b"HTTP/1.1 307 Elsewhere\r\nLocation: %s/secret\r\nContent-Length: 0\r\n\r\n" % inside.url.encode()
    )

    outcome = post(door, outside.url)

    assert isinstance(outcome, Answer)
    assert 307 == outcome.status
    assert 0 == inside.connections


def test_cookies_are_neither_kept_nor_shown(door: Door, answer_with: Callable[..., Any]) -> None:
    """A receiver cannot mark us, and what it sets does not reach the log."""
    server = answer_with(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    outcomes = [post(door, server.url) for _ in range(2)]

    assert [{"content-length": "0"}] * 2 == [dict(o.headers) for o in outcomes if isinstance(o, Answer)]
    assert b"cookie" not in b"".join(server.requests).lower()


def test_the_environment_does_not_lead_requests_astray(
    door: Door, answer_with: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor a .netrc of the machine touches a request."""
    server, proxy = answer_with(OK), answer_with(OK)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)

    post(door, server.url)

    assert 0 == proxy.connections
    assert b"authorization" not in server.requests[0].lower()
