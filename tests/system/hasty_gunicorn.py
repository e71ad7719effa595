"""gunicorn's configuration for tests: the relay's own, but that clients and connections have little time and room."""

from __future__ import annotations

import runpy
from pathlib import Path

from relay.gunicorn_worker import TimedWorker

globals().update(runpy.run_path(str(Path(__file__).parents[2] / "relay" / "gunicorn.py")))


class HastyWorker(TimedWorker):
    """A worker with two seconds for a request, and little memory for those that are not there yet."""

    request_time = 2.0
    most_held = 300_000


worker_class = HastyWorker
worker_connections = 60
