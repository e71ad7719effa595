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
from relay.open_files import allow_many
from relay.store.connection import connect
from relay.store.rq_keys import for_rq
from workers.renewing import Renewing
from workers.services import open_services
from workers.tidy import Tidy
from workers.watch import Watch

LAST_LOOK = 5.0  # seconds; lanes that it has said somebody was asked for should be asked for
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
    allow_many()  # each call on its way is a connection
    services = open_services(settings, f"{socket.gethostname()}-{os.getpid()}")
    # Only now: it brings RQ along, which must not be imported before the store has said where its keys are.
    from workers.threaded import ThreadedWorker  # noqa: PLC0415

    # Waiting for a job takes a second, and then whatever else a command may.
    redis = for_rq(connect(settings.redis_url, patience=5))
    worker = ThreadedWorker(redis, services.room, services.stopping)
    watch = Watch(services)
    watch.start()
    Tidy(services).start()
    renewing = Renewing(services)
    renewing.start()
    log.info("worker.started", worker=worker.name, threads=settings.worker_threads)
    worker.run()
    watch.join(LAST_LOOK)
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
