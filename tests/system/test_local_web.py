"""The web process as the Procfile starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.ports import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "gunicorn", "-c", "relay/gunicorn.py", "relay.app:create_app()"]
PATIENCE = 20.0  # seconds
SECRET = "a-key-that-no-log-may-hold"


def environ(**changes: str) -> dict[str, str]:
    """Give the environment of a web process, without what this machine has set."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RELAY_", "CALENDLY_", "REDIS_"))
    }
    return {**inherited, "WEB_CONCURRENCY": "1", **changes}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Give the port of a web process that runs, its log in the file `log`. Its Redis is out of reach."""
    number = free_port()
    settings = environ(
        PORT=str(number),
        REDIS_URL=f"redis://{LOOPBACK}:1/0",
        RELAY_ADMIN_KEY="an-admin-key-for-tests",
        RELAY_SECRET_KEY="a secret key that is only for tests",
    )
    with (tmp_path / "log").open("wb") as log:
        web = subprocess.Popen(COMMAND, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + PATIENCE
    while not answers(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield number
    web.send_signal(signal.SIGTERM)
    web.wait(PATIENCE)


def answers(number: int) -> bool:
    """Tell whether the web process serves requests."""
    try:
        return requests.get(f"http://{LOOPBACK}:{number}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_missing_settings_stop_it_with_one_message() -> None:
    """All of them are named once, without a traceback, and nothing is tried again."""
    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=environ(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert 1 == ended.returncode
    assert [1, 1, 1, 0] == [
        ended.stderr.count(word) for word in ("REDIS_URL", "RELAY_ADMIN_KEY", "RELAY_SECRET_KEY", "Traceback")
    ]


def test_answers_do_not_tell_what_serves_them(port: int) -> None:
    """Nobody needs to know which server to attack."""
    answer = requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=5)

    assert "relay" == answer.headers["Server"]


def test_no_query_reaches_the_log(port: int, tmp_path: Path) -> None:
    """An inbound route may take its key there; neither a served nor a malformed request gives it away."""
    requests.post(f"http://{LOOPBACK}:{port}/in/nothing?token={SECRET}", json={}, timeout=30)
    with socket.create_connection((LOOPBACK, port), timeout=5) as rough:
        rough.sendall(f"GET /in/nothing?token={SECRET} and more HTTP/1.1\r\n\r\n".encode())
        answer = rough.recv(100)

    assert answer.startswith(b"HTTP/1.1 400")
    assert SECRET not in (tmp_path / "log").read_text(encoding="utf-8")
