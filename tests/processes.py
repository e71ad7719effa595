"""The relay as it runs in earnest: gunicorn, workers and Valkey as processes that can be stopped, killed and frozen."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
import requests

from local.child import Child
from local.ports import LOOPBACK, free_port
from local.valkey import EmbeddedValkey
from tests.waiting import until

ROOT = Path(__file__).parents[1]
START_TIME = 60.0  # seconds for a process to come up on a machine that is busy with other tests
STOP_TIME = 60.0  # seconds for a process to end by itself; it may have to finish calls first

# Planted, so that a test can look for them where they must not be.
ADMIN_KEY = "planted-admin-key-5f1c"
SECRET_KEY = "planted secret key of 32 characters"
TOKEN = "planted-calendly-token-9b27"
INBOUND_KEY = "planted-inbound-key-77aa"
CALLBACK_SECRET = "whsec_cGxhbnRlZC1jYWxsYmFjay1zZWNyZXQtb2YtMzI="
PERSON = "planted.person@people.example"
REASON = "planted reason"
SECRETS = (ADMIN_KEY, SECRET_KEY, TOKEN, INBOUND_KEY, CALLBACK_SECRET, PERSON, REASON)


def signal_all(child: Child, number: signal.Signals) -> None:
    """Send a signal to a process and to what it started."""
    assert child.pid is not None
    os.killpg(child.pid, number)


class Program:
    """One process. All that it says goes to a file of its own, over every restart."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.file = folder / f"{name}.log"
        self.file.touch()
        self.child = Child(name, command, env=env, cwd=ROOT, listener=self._write)

    def start(self) -> Self:
        """Start it, or start it again."""
        self.child.start()
        return self

    def stop(self) -> int:
        """Ask it to end with SIGTERM, and give its exit code."""
        self.ask_to_stop()
        return self.wait()

    def ask_to_stop(self) -> None:
        """Send SIGTERM and come back at once."""
        self.child.ask_to_stop()

    def wait(self) -> int:
        """Wait for the process to end, and give its exit code."""
        assert self.child.wait(STOP_TIME), f"{self.name} did not end; it said last:\n{self.said()[-2000:]}"
        code = self.child.exit_code
        self.child.clear_away()
        assert code is not None
        return code

    def kill(self) -> None:
        """End it with SIGKILL, and what it started as well."""
        self.child.clear_away()

    def freeze(self) -> None:
        """Stop it where it stands, as a machine that is out of breath would."""
        signal_all(self.child, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        signal_all(self.child, signal.SIGCONT)

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.child.alive

    def said(self) -> str:
        """Give everything that it wrote to its output and errors so far."""
        return self.file.read_text(encoding="utf-8")

    def _write(self, line: str) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


class Processes:
    """A Valkey of one's own, which writes through to the disk, and the relay's processes around it.

    Nothing starts by itself; everything ends, by SIGKILL, when this is closed.
    """

    def __init__(self, folder: Path, calendly_url: str, **settings: str) -> None:
        self.folder = folder
        self.redis = EmbeddedValkey(folder / "redis", fsync="always")
        self.redis.prepare()
        self.url = f"http://{LOOPBACK}:{(port := free_port())}"
        self.programs: list[Program] = []
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PYTHONUNBUFFERED": "1",
            "REDIS_URL": self.redis.url,
            "PORT": str(port),
            "RELAY_ADMIN_KEY": ADMIN_KEY,
            "RELAY_SECRET_KEY": SECRET_KEY,
            "CALENDLY_API_URL": calendly_url,
            "RELAY_ALLOW_PRIVATE_CALLBACKS": "true",
            "RELAY_CALL_TIMEOUT": "10",
            "RELAY_RETRY_BASE": "0.2",
            "RELAY_CALLBACK_RETRIES": "0.2,1,2,5",
            "RELAY_WORKER_THREADS": "16",
            "WEB_CONCURRENCY": "1",
            **settings,
        }

    def start(self, workers: int = 1) -> Self:
        """Start Valkey, the web process and workers, and return once they all work."""
        self.redis.start()
        started = [self.web(), *(self.worker() for _ in range(workers))]
        self.await_web()
        self.await_workers(workers)
        assert all(program.alive for program in started)
        return self

    def web(self) -> Program:
        """Start a web process as the Procfile does."""
        gunicorn = ["-m", "gunicorn", "-c", "relay/gunicorn.py", "relay.app:create_app()"]
        return self._begin("web", gunicorn)

    def worker(self) -> Program:
        """Start a worker process as the Procfile does."""
        return self._begin("worker", ["-m", "workers"])

    def await_web(self) -> None:
        """Return once the web process serves requests."""
        until(lambda: self.health("/healthz") == 200, START_TIME)

    def await_workers(self, count: int) -> None:
        """Return once Redis answers and so many workers have said that they are there."""
        until(lambda: self._present() >= count, START_TIME)

    def health(self, path: str) -> int:
        """Give the status of a health route, or 0 while nobody listens."""
        try:
            return requests.get(self.url + path, timeout=30).status_code
        except requests.ConnectionError:
            return 0

    def freeze_redis(self) -> None:
        """Have Redis take connections and commands and answer none."""
        signal_all(self.redis.child, signal.SIGSTOP)

    def thaw_redis(self) -> None:
        """Let Redis go on, with all that was sent to it meanwhile."""
        signal_all(self.redis.child, signal.SIGCONT)

    def client(self) -> redis.Redis:
        """Give a client of this Valkey; whoever asks closes it."""
        return redis.Redis.from_url(self.redis.url, decode_responses=True)

    def leaks(self) -> list[tuple[str, str]]:
        """Give each planted secret that a process has written down, with the process's name."""
        secrets = (*SECRETS, self.redis.password)
        return [(each.name, secret) for each in self.programs for secret in secrets if secret in each.said()]

    def close(self) -> None:
        """End everything at once, whatever state it is in."""
        for program in self.programs:
            program.kill()
        self.redis.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, name: str, arguments: list[str]) -> Program:
        number = len(self.programs) + 1
        command = [sys.executable, *arguments]
        program = Program(f"{number}-{name}", command, self.environment, self.folder)
        self.programs.append(program)
        return program.start()

    def _present(self) -> int:
        try:
            found: int = requests.get(f"{self.url}/readyz", timeout=30).json().get("workers", 0)
        except requests.ConnectionError:
            return 0
        return found
