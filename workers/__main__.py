"""`python -m workers`: one worker process."""

from __future__ import annotations

import logging
import os
import socket
import sys

import structlog

from relay.config import load_settings
from relay.errors import BadSettings, StoreUnavailable
from relay.log import set_up_log
from relay.store.connection import connect
from workers.renewing import Renewing
from workers.services import open_services
from workers.threaded import ThreadedWorker
from workers.tidy import Tidy
from workers.watch import Watch

log = structlog.get_logger()


def main() -> int:
    """Work until SIGTERM or SIGINT; give the process's exit code."""
    try:
        settings = load_settings()
    except BadSettings as exc:
        sys.stderr.write(f"{exc.detail}\n")
        return 1
    set_up_log(settings.log_level)
    logging.getLogger("rq.worker").setLevel(
        logging.WARNING
    )  # it tells of every job, and a turn tells of itself
    services = open_services(settings, f"{socket.gethostname()}-{os.getpid()}")
    # Waiting for a job takes longer than any command of ours may.
    worker = ThreadedWorker(
        connect(settings.redis_url, patience=15), settings.worker_threads, services.stopping
    )
    Watch(services).start()
    Tidy(services).start()
    renewing = Renewing(services)
    renewing.start()
    log.info("worker.started", worker=worker.name, threads=settings.worker_threads)
    worker.run()
    # A renewal under way has used up its refresh token: what comes back for it should still be stored.
    renewing.join(settings.call_timeout)
    try:
        services.store.presence.leave(services.name)
    except StoreUnavailable:
        log.warning("worker.absence_not_noted", worker=worker.name)
    log.info("worker.stopped", worker=worker.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
