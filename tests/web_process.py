"""The web process alone, as the Procfile starts it. Its Redis is out of reach."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from local.ports import LOOPBACK, free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[1]
CONFIG = "relay/gunicorn.py"
PATIENCE = 60.0  # seconds; a busy machine takes its time
ADMIN_KEY = "an-admin-key-for-tests"


def command(config: str = CONFIG) -> list[str]:
    """Give the command that starts it."""
    return [sys.executable, "-m", "gunicorn", "-c", config, "relay.app:create_app()"]


def environ(**changes: str) -> dict[str, str]:
    """Give the environment of a web process, without what this machine has set."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RELAY_", "CALENDLY_", "REDIS_"))
    }
    return {**inherited, "WEB_CONCURRENCY": "1", **changes}


@contextmanager
def web_process(log: Path, config: str = CONFIG, **settings: str) -> Iterator[int]:
    """Run one, give its port, and end it; all that it says goes to the file `log`."""
    number = free_port()
    usual = {
        "PORT": str(number),
        "REDIS_URL": f"redis://{LOOPBACK}:1/0",
        "RELAY_ADMIN_KEY": ADMIN_KEY,
        "RELAY_SECRET_KEY": "a secret key that is only for tests",
    }
    with log.open("wb") as file:
        web = subprocess.Popen(
            command(config),
            cwd=ROOT,
            env=environ(**{**usual, **settings}),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: answers(number), PATIENCE)
        yield number
    finally:
        web.send_signal(signal.SIGTERM)
        try:
            web.wait(PATIENCE)
        finally:
            web.kill()  # nothing is left behind, whatever the test found


def answers(number: int) -> bool:
    """Tell whether the web process serves requests."""
    try:
        return requests.get(f"http://{LOOPBACK}:{number}/healthz", timeout=30).ok
    except requests.ConnectionError:
        return False
