"""How gunicorn serves the web process: `gunicorn -c relay/gunicorn.py "relay.app:create_app()"`.

A configuration file: gunicorn runs it once in the master, before anything listens. Wrong settings stop it here,
with one message, where workers that fail one after the other would say it many times.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import gunicorn.http.wsgi

from relay.config import Settings, load_settings
from relay.errors import BadSettings
from relay.gunicorn_worker import TimedWorker
from relay.log import WithoutRequests
from relay.open_files import allow_many
from relay.web.lookout import Looking
from relay.web.services import services_of

MOST_CONNECTIONS = 10_000
FILES_OF_ITS_OWN = 200
SHARED_MEMORY = "/dev/shm"  # noqa: S108  gunicorn makes its files there with mkstemp


def _settings_or_stop() -> Settings:
    try:
        return load_settings()
    except BadSettings as exc:
        sys.exit(str(exc))


def on_starting(server: Any) -> None:
    """Guard gunicorn's own log lines before the first one about a request."""
    server.log.error_log.addFilter(WithoutRequests())


def post_worker_init(worker: Any) -> None:
    """Have each web process say what is wrong with Redis, whether or not requests come."""
    Looking(services_of(worker.wsgi).store).start()


_settings = _settings_or_stop()
TimedWorker.largest_body = _settings.max_body_bytes

bind = f"0.0.0.0:{_settings.port}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = TimedWorker
threads = _settings.web_threads
# Of a process; a few kilobytes each. Where fewer files may be open, some are left for the process itself.
worker_connections = max(threads + 1, min(MOST_CONNECTIONS, allow_many() - FILES_OF_ITS_OWN - 2 * threads))
if os.access(SHARED_MEMORY, os.W_OK):
    worker_tmp_dir = SHARED_MEMORY  # heartbeats; on a busy disk they could make a healthy worker look hung

timeout = 60  # seconds without a heartbeat until the master replaces a worker
graceful_timeout = 25  # seconds; platforms send SIGKILL 30 seconds after SIGTERM
sendfile = False  # an answer leaves in its order through one way
keepalive = 75  # seconds; longer than the 60 of common load balancers, so that they close first

limit_request_line = 4094  # bytes
limit_request_fields = 64
limit_request_field_size = 8190  # bytes

loglevel = _settings.log_level
forwarder_headers = ""  # by default, whoever comes from this machine could move the path with a header
accesslog = None  # it would hold queries, and one event per request is the application's to log
control_socket_disable = True  # nothing here is steered through a socket in the home directory

gunicorn.http.wsgi.SERVER = "relay"  # type: ignore[attr-defined]  # the stubs leave it out; gunicorn has no setting for its `Server` header
