"""Writing how an attempt ended, until Redis has it."""

from __future__ import annotations

import time

import structlog

from relay.errors import NotConfirmed, StoreUnavailable
from relay.store import Lane
from relay.store.attempts import Claimed, Ending
from workers.services import Services

REDIS_PAUSE = 0.25  # seconds between two tries while Redis is away
PATIENCE = 900.0  # seconds for which a turn waits for Redis to come back, an answer in its hands
log = structlog.get_logger()


def settle(services: Services, lane: Lane, claimed: Claimed, ending: Ending, confirm_until: float) -> None:
    """Write how an attempt ended, however long Redis is away: the answer in our hands is the only copy.

    Where Redis does not promise in time to keep it, it is written again for a while: a failover may have forgotten it.
    """
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            written = services.store.lanes.settle(lane, claimed.id, claimed.token, claimed.number, ending)
        except NotConfirmed:
            if time.monotonic() > confirm_until or services.stopping.is_set():
                log.warning("attempt.end_not_confirmed", item=claimed.id, number=claimed.number)
                return
            time.sleep(REDIS_PAUSE)
            continue
        except StoreUnavailable:
            if time.monotonic() > give_up_at:
                log.exception("attempt.end_lost", item=claimed.id, number=claimed.number)
                return
            time.sleep(REDIS_PAUSE)
            continue
        if not written:
            # A newer attempt began, a person decided, or our own first try was written and its reply got lost.
            log.info("attempt.end_not_written", item=claimed.id, number=claimed.number)
        return
