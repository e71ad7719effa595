"""A turn: one lane, served for a bounded time. RQ runs `take_turn` by its name."""

from __future__ import annotations

import time

import structlog

from relay.errors import StoreUnavailable
from relay.store import Lane
from workers.services import Services, current
from workers.serving import SEAT_PAUSE, TROUBLE_PAUSE, Turn
from workers.work import work_on

CARRY_ON = 10.0  # seconds for which one RQ job goes from lane to lane
HANGING_PAUSE = 10.0  # seconds before anybody comes again to a lane whose calls would hang like many others
log = structlog.get_logger()


def take_turn(name: str) -> None:
    """Serve the lane of that name, then further lanes that are due: many small lanes do not cost one job each."""
    services = current()
    stop_at = time.monotonic() + CARRY_ON
    lane: Lane | None = Lane.named(name)
    while lane is not None:
        try:
            if services.stopping.is_set():
                services.store.lanes.come_back(lane, 0.0)  # to another process, at once
                return
            serve(services, lane)
            over = time.monotonic() > stop_at or services.stopping.is_set() or services.room.stands_aside
            if over or services.store.turns.waiting():  # lanes that were asked for earlier come first
                return
            lane = services.store.lanes.one_whose_time_has_come()
        except StoreUnavailable:
            return  # the attention list has the lane; whoever sees Redis again serves it
        except Exception:
            # RQ would write the exception down, text and all. The lane comes up again when its lease has run out.
            log.exception("turn.broke_off", lane=lane and lane.name)
            return


def serve(services: Services, lane: Lane) -> None:
    """Serve one lane, if there is a seat for its kind."""
    if lane.kind == "delivery":
        _serve(services, lane)
    elif services.callback_seats.take():
        try:
            _serve(services, lane)
        finally:
            services.callback_seats.leave()
    else:
        services.store.lanes.come_back(lane, SEAT_PAUSE)


def _serve(services: Services, lane: Lane) -> None:
    """Serve one lane, unless another turn does: no lane is ever served twice at a time."""
    lease = services.store.lanes.lease(lane)
    if lease is None:
        return
    try:
        work = work_on(services, lane)
    except StoreUnavailable:
        raise
    except Exception:
        # Whatever it was, another worker may do better: the lane must not stay locked until the lease runs out.
        log.exception("lane.not_served", lane=lane.name)
        work = None
    if work is None:
        # Attempts that an earlier turn left in flight keep the lane on the list: look again, but not at once.
        services.store.lanes.release(lease, TROUBLE_PAUSE)
        return
    lease.revision = work.destination.revision
    turn = Turn(services, lease, work)
    if not services.room.admits(work.whom):
        turn.end_what_was_left()
        services.store.lanes.release(lease, HANGING_PAUSE)
        return
    if services.room.stands_aside:
        services.callback_seats.leave()
    turn.run()
