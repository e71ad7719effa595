"""The web process as the Procfile starts it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.ports import LOOPBACK
from tests.waiting import until
from tests.web_process import PATIENCE, web_process

SECRET = "a-key-that-no-log-may-hold"
REFUSED = "Invalid request from ip="  # what the log says of a malformed one


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file that all of the web process's log goes to."""
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture(scope="module")
def port(log: Path) -> Iterator[int]:
    """Give the port of a web process that runs."""
    with web_process(log) as number:
        yield number


def test_answers_do_not_tell_what_serves_them(port: int) -> None:
    """Nobody needs to know which server to attack."""
    answer = requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=30)

    assert "relay" == answer.headers["Server"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"GET /in/nothing?token={SECRET} and more HTTP/1.1\r\n\r\n", b"400"),
        (f"GET /healthz HTTP/1.1\r\nHost: relay\r\nAuthorization Bearer {SECRET}\r\n\r\n", b"400"),
        (f"GET /healthz HTTP/1.1\r\nHost: relay\r\nX-Key: a\x01{SECRET}\r\n\r\n", b"400"),
    ],
    ids=["query", "header without a colon", "control character"],
)
def test_no_secret_of_a_malformed_request_reaches_the_log(
    port: int, log: Path, sent: str, status: bytes
) -> None:
    """The log tells that there was one, from where and of which kind, and nothing of it."""
    before = log.read_text(encoding="utf-8").count(REFUSED)

    with socket.create_connection((LOOPBACK, port), timeout=30) as rough:
        rough.sendall(sent.encode())
        answer = rough.recv(100)
    until(lambda: log.read_text(encoding="utf-8").count(REFUSED) > before, PATIENCE)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert SECRET not in log.read_text(encoding="utf-8")
