"""The web process as the Procfile starts it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.ports import LOOPBACK
from tests.waiting import until
from tests.web_process import PATIENCE, ROOT, command, environ, web_process

SECRET = "a-key-that-no-log-may-hold"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Give the port of a web process that runs, its log in the file `log`."""
    with web_process(tmp_path / "log") as number:
        yield number


def test_missing_settings_stop_it_with_one_message() -> None:
    """All of them are named once, without a traceback, and nothing is tried again."""
    ended = subprocess.run(
        command(), cwd=ROOT, env=environ(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert 1 == ended.returncode
    assert [1, 1, 1, 0] == [
        ended.stderr.count(word) for word in ("REDIS_URL", "RELAY_ADMIN_KEY", "RELAY_SECRET_KEY", "Traceback")
    ]


def test_answers_do_not_tell_what_serves_them(port: int) -> None:
    """Nobody needs to know which server to attack."""
    answer = requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=5)

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
    port: int, tmp_path: Path, sent: str, status: bytes
) -> None:
    """The log tells that there was one, from where and of which kind, and nothing of it."""
    log = tmp_path / "log"

    with socket.create_connection((LOOPBACK, port), timeout=5) as rough:
        rough.sendall(sent.encode())
        answer = rough.recv(100)
    until(lambda: "Invalid request from ip=" in log.read_text(encoding="utf-8"), PATIENCE)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert SECRET not in log.read_text(encoding="utf-8")
