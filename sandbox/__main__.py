"""`python -m sandbox`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from sandbox.app import create_app
from sandbox.seed import TOKEN
from sandbox.simulator import Simulator

THREADS = 32
KEEP_ALIVE_SECONDS = 30
STOP_SECONDS = 1


class Server(BaseApplication):
    """Gunicorn with one worker: the state lives in its memory, so a second one would know another world."""

    def __init__(self, listener: int) -> None:
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to run."""
        settings: dict[str, Any] = {
            "bind": f"fd://{self._listener}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": STOP_SECONDS,
            "timeout": 0,
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "sandbox",
            "child_exit": end_with_worker,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application, in the worker."""
        return create_app(Simulator())


def end_with_worker(server: Any, _worker: object) -> None:
    """End when the one worker does: the world in its memory is lost, and a new one must not pass for it."""
    os.kill(server.pid, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 1 if the port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Calendly simulator on this machine."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (8001; 0 takes a free one)")
    options = parser.parse_args(arguments)
    try:
        listener = _listen(options.host, options.port)
    except (OSError, OverflowError) as exc:
        print(f"sandbox: cannot listen on {options.host}:{options.port}: {_reason(exc)}.", file=sys.stderr)
        return 1
    print(f"sandbox: http://{options.host}:{listener.getsockname()[1]} (token: {TOKEN})", flush=True)
    Server(listener.detach()).run()
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    text = os.strerror(number) if number and number > 0 else str(error)
    hint = "; choose another with --port" if number == errno.EADDRINUSE else ""
    return f"{text[:1].lower()}{text[1:]}{hint}"


if __name__ == "__main__":
    sys.exit(main())
