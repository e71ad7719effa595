"""A turn: one lane, served for a bounded time. RQ runs `take_turn` by its name."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TypeVar

import structlog

from relay.errors import StoreUnavailable
from relay.store import Lane
from relay.store.lanes import LEASE, Claim, Claimed, Ending, Lease, LeaseLost
from workers.lane_work import Work
from workers.services import Services, current
from workers.work import NotByThisWorker, work_on

TURN = 3.0  # seconds after which a turn makes room if others wait for a thread
LONGEST_TURN = 60.0  # seconds after which it makes room in any case
RENEW = LEASE / 4  # seconds after which a waiting turn renews its lease
LOOK = 0.25  # seconds between two looks for new work while calls are on their way
CARRY_ON = 10.0  # seconds for which one RQ job goes from lane to lane
SEAT_PAUSE = 0.5  # seconds after which a lane of callbacks looks for a seat again
TROUBLE_PAUSE = 5.0  # seconds before anybody comes again to a lane that could not be served
REDIS_PAUSE = 0.25  # seconds between two tries while Redis is away
PATIENCE = 900.0  # seconds for which a turn waits for Redis to come back, an answer in its hands
log = structlog.get_logger()

Answered = TypeVar("Answered")


def take_turn(name: str) -> None:
    """Serve the lane of that name, then further lanes that are due: many small lanes do not cost one job each."""
    services = current()
    stop_at = time.monotonic() + CARRY_ON
    lane: Lane | None = Lane.named(name)
    while lane is not None:
        try:
            serve(services, lane)
            over = time.monotonic() > stop_at or services.stopping.is_set()
            if over or services.store.turns.waiting():  # lanes that were asked for earlier come first
                return
            lane = services.store.lanes.one_whose_time_has_come()
        except StoreUnavailable:
            return  # the attention list has the lane; whoever sees Redis again serves it


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
    except NotByThisWorker as exc:
        log.error("lane.not_served", lane=lane.name, because=str(exc))  # noqa: TRY400 - a setting is wrong, no code
        work = None
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
    Turn(services, lease, work).run()


class Turn:
    """Claims what is due, sends up to `concurrency` at a time, and writes how each attempt ended."""

    def __init__(self, services: Services, lease: Lease, work: Work) -> None:
        self._services = services
        self._lanes = services.store.lanes
        self._lease = lease
        self._work = work
        self._began = time.monotonic()
        self._asked_at = self._began
        self._held_until = self._began + LEASE
        self._flying: set[Future[None]] = set()
        self._reopens_at = self._began  # when there are calls to make again
        self._pause = 0.0
        self._due = lease.due
        self._look_around_at = self._began + TURN
        self._others_wait = False

    def run(self) -> None:
        """Serve the lane until nothing is due or the turn is over, then say when it next needs somebody."""
        try:
            for left in self._lease.left_in_flight:
                self._conclude(left, self._work.orphaned)
            with ThreadPoolExecutor(self._work.concurrency, thread_name_prefix="sender") as senders:
                self._serve(senders)
        except LeaseLost:
            return  # somebody else serves the lane by now, and files it
        if self._seats_are_missed():
            self._pause = max(self._pause, 2 * SEAT_PAUSE)  # those who stand come first
        with suppress(LeaseLost):
            pause = max(self._reopens_at - time.monotonic(), self._pause, self._work.rest())
            self._insist(lambda: self._lanes.release(self._lease, pause))

    def _serve(self, senders: ThreadPoolExecutor) -> None:
        while True:
            free = self._work.concurrency - len(self._flying)
            if free and self._due and self._may_begin():
                self._launch(senders, free)
                continue
            if not self._flying:
                return
            # With places free, look often: what is accepted now should not wait for the slow calls of others.
            patience = LOOK if free and self._may_begin() else RENEW
            done, self._flying = wait(self._flying, timeout=patience, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            if not done or self._held_until - time.monotonic() < LEASE - RENEW:
                self._claim(0)  # renews the lease, and sees what is due

    def _launch(self, senders: ThreadPoolExecutor, free: int) -> None:
        """Begin up to `free` attempts, as far as the budget goes."""
        grant = self._insist(lambda: self._work.ask(min(free, self._due)))
        if not grant.calls:
            self._reopens_at = time.monotonic() + grant.reopens_in
            return
        claim = self._claim(grant.calls)
        for claimed in claim.attempts:
            try:
                self._flying.add(senders.submit(self._attempt, claimed))
            except RuntimeError:  # this machine gives us no more threads
                log.exception("attempt.no_thread", item=claimed.id)
                self._reopens_at = time.monotonic() + TROUBLE_PAUSE
                self._conclude(claimed, self._work.unsent)
        with suppress(StoreUnavailable):  # then they come back with the next window
            self._work.give_back(grant.calls - len(claim.attempts))

    def _may_begin(self) -> bool:
        """Tell whether to begin more attempts: not when the budget is spent, the process ends, or others wait."""
        now = time.monotonic()
        if now < self._reopens_at or self._services.stopping.is_set():
            return False
        if now > self._look_around_at:
            self._look_around_at = now + TURN
            waiting = self._insist(self._services.store.turns.waiting)
            too_long = now - self._began > LONGEST_TURN
            self._others_wait = waiting > 0 or too_long or self._seats_are_missed()
        return not self._others_wait

    def _seats_are_missed(self) -> bool:
        """Tell whether other lanes of callbacks stood while this one sat."""
        missed_at = self._services.callback_seats.missed_at
        return self._lease.lane.kind == "callback" and missed_at > self._began

    def _claim(self, limit: int) -> Claim:
        """Claim, and ask for the same claim again while Redis is away: what it began must not be forgotten."""
        claim = self._insist(
            lambda: self._lanes.claim(self._lease, limit),
            lambda: self._lanes.claim_again(self._lease, limit),
        )
        # Counted from before the question: Redis renewed the lease after that.
        self._held_until = self._asked_at + LEASE
        self._due = claim.due
        return claim

    def _insist(self, ask: Callable[[], Answered], again: Callable[[], Answered] | None = None) -> Answered:
        """Ask the store, and ask again while it is away: an attempt that it began must be known here, or it ends unknown.

        Asking past the end of the lease is no harm: if another turn has taken it, the store says so. Raises LeaseLost.
        """
        give_up_at = time.monotonic() + PATIENCE
        while True:
            self._asked_at = time.monotonic()
            try:
                return ask()
            except StoreUnavailable:
                if time.monotonic() > give_up_at or self._services.stopping.is_set():
                    raise LeaseLost from None
                time.sleep(REDIS_PAUSE)
                ask = again or ask

    def _attempt(self, claimed: Claimed) -> None:
        # A process that was stopped for longer than its lease must not send: somebody else may have decided by now.
        held = time.monotonic() < self._held_until
        self._conclude(claimed, self._work.attempt if held else self._work.unsent)

    def _conclude(self, claimed: Claimed, work: Callable[[Claimed], Ending]) -> None:
        """Bring an attempt to its end and write that. A fault of ours in between must not stop the lane."""
        try:
            ending = work(claimed)
        except Exception:
            # It may have been sent: it stays in flight, and a later turn settles it like one whose worker died.
            log.exception("attempt.broke_off", item=claimed.id, number=claimed.number)
            self._pause = TROUBLE_PAUSE
            return
        self._settle(claimed, ending)

    def _settle(self, claimed: Claimed, ending: Ending) -> None:
        """Write how an attempt ended, however long Redis is away: the answer in our hands is the only copy."""
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                written = self._lanes.settle(
                    self._lease.lane, claimed.id, claimed.token, claimed.number, ending
                )
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
