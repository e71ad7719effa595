"""gunicorn's configuration for tests: the relay's own, but that clients and connections have little time and room.

TEST_REQUEST_TIME gives a client other seconds than four.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path

from relay.gunicorn_worker import TimedWorker

globals().update(runpy.run_path(str(Path(__file__).parents[2] / "relay" / "gunicorn.py")))


class HastyWorker(TimedWorker):
    """A worker with little time for a request, and little memory for those that are not there yet."""

    request_time = float(os.environ.get("TEST_REQUEST_TIME") or 4)
    most_held = 300_000


worker_class = HastyWorker
worker_connections = 60
graceful_timeout = 240
