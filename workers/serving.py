"""Serving one lane while its lease is held: claiming, sending, renewing, and giving it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Lock
from typing import TypeVar

import structlog

from relay.errors import StoreUnavailable
from relay.store.attempts import Claim, Claimed, Ending, Lease, LeaseLost
from relay.store.lanes import LEASE
from workers.lane_work import Work
from workers.room import HANGS
from workers.services import Services
from workers.settling import PATIENCE, REDIS_PAUSE, settle

TURN = 3.0  # seconds after which a turn makes room if others wait for a thread
LONGEST_TURN = 60.0  # seconds after which it makes room in any case
RENEW = LEASE / 4  # seconds after which a waiting turn renews its lease
LOOK = 0.25  # seconds between two looks for new work while calls are on their way
SEAT_PAUSE = 0.5  # seconds after which a lane of callbacks looks for a seat again
TROUBLE_PAUSE = 5.0  # seconds before anybody comes again to a lane that could not be served
CONFIRM = LEASE  # seconds for which an end is written again that Redis does not promise to keep
log = structlog.get_logger()

Answered = TypeVar("Answered")


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
        self._flying: dict[Future[None], float] = {}  # since when each attempt is on its way
        self._reopens_at = self._began  # when there are calls to make again
        self._pause = 0.0
        self._due = lease.due
        self._look_around_at = self._began + TURN
        self._others_wait = False
        self._given_away = False

    def run(self) -> None:
        """Serve the lane until nothing is due or the turn is over, then say when it next needs somebody."""
        try:
            self.end_what_was_left()
            with ThreadPoolExecutor(self._work.concurrency, thread_name_prefix="sender") as senders:
                self._serve(senders)
        except LeaseLost:
            return  # somebody else serves the lane by now, and files it
        if not self._given_away:
            with suppress(LeaseLost):
                self._insist(self._release)

    def end_what_was_left(self) -> None:
        """End the attempts that an earlier turn began and did not end. It takes no call."""
        for left in self._lease.left_in_flight:
            self._conclude(left, self._work.orphaned)

    def _release(self) -> None:
        if self._seats_are_missed():
            self._pause = max(self._pause, 2 * SEAT_PAUSE)  # those who stand come first
        pause = max(self._reopens_at - time.monotonic(), self._pause, self._work.rest())
        self._lanes.release(self._lease, pause)

    def _serve(self, senders: ThreadPoolExecutor) -> None:
        while True:
            free = self._work.concurrency - len(self._flying)
            if free and self._due and self._may_begin():
                self._launch(senders, free)
                continue
            if not self._flying:
                return
            done, _ = wait(self._flying, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in done:
                self._land(future)
            look = HANGS if self._make_way_if_all_hang() else LOOK
            late = time.monotonic() - self._asked_at > look
            self._stay(looking=late and len(self._flying) < self._work.concurrency and self._may_begin())

    def _land(self, future: Future[None]) -> None:
        future.result()
        if time.monotonic() - self._flying.pop(future) < HANGS:
            self._services.room.answers(self._work.whom)

    def _make_way_if_all_hang(self) -> bool:
        """Leave the place to others where no call of this lane comes to an end; tells whether it is so."""
        if not self._flying or time.monotonic() - max(self._flying.values()) <= HANGS:
            return False
        self._services.room.hangs(self._work.whom)
        if self._services.room.step_aside(self._work.whom):
            self._services.callback_seats.leave()
        return True

    def _stay(self, *, looking: bool) -> None:
        """Keep what is ours while calls are on their way: the lane, or just the calls once this process is to end.

        With places free, look often: what is accepted now should not wait for the slow calls of others.
        """
        old = self._held_until - time.monotonic() < LEASE - RENEW
        # A lane that has one call at a time has one, also while it changes hands.
        if self._services.stopping.is_set() and self._work.concurrency > 1:
            if old or not self._given_away:
                with suppress(StoreUnavailable):  # the next look brings it again
                    self._give_away()
        elif old or looking:
            self._claim(0)  # renews the lease, and sees what is due

    def _give_away(self) -> None:
        """Let others serve the lane from now on, and say that the calls on their way are in good hands."""
        asked_at = time.monotonic()
        self._lanes.hold(self._lease)
        self._held_until = asked_at + LEASE
        if not self._given_away:
            self._release()
        self._given_away = True

    def _launch(self, senders: ThreadPoolExecutor, free: int) -> None:
        """Begin up to `free` attempts, as far as the budget goes."""
        grant = self._insist(lambda: self._work.ask(min(free, self._due)))
        if not grant.calls:
            self._reopens_at = time.monotonic() + grant.reopens_in
            return
        claim = self._claim(grant.calls)
        if not claim.confirmed:
            # What was begun could be forgotten: it is not sent, and nothing else is begun for a while.
            self._reopens_at = time.monotonic() + TROUBLE_PAUSE
        for claimed in claim.attempts:
            self._begin(senders, claimed, self._attempt if claim.confirmed else self._leave)
        with suppress(StoreUnavailable):  # then they come back with the next window
            self._work.give_back(grant.calls - (len(claim.attempts) if claim.confirmed else 0))

    def _begin(self, senders: ThreadPoolExecutor, claimed: Claimed, how: Callable[[Claimed], None]) -> None:
        """Have a thread bring an attempt to its end, if this machine gives us one."""
        taken = Lock()

        def go() -> None:
            if taken.acquire(blocking=False):
                how(claimed)

        try:
            self._flying[senders.submit(go)] = time.monotonic()
        except RuntimeError:
            log.exception("attempt.no_thread", item=claimed.id)
            self._reopens_at = time.monotonic() + TROUBLE_PAUSE
            # The executor keeps what it found no thread for, and gives it to the next one that is free.
            if taken.acquire(blocking=False):
                self._conclude(claimed, self._work.unsent)

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
        self._conclude(claimed, self._work.attempt if held else self._work.unsent, CONFIRM)

    def _leave(self, claimed: Claimed) -> None:
        self._conclude(claimed, self._work.unsent)

    def _conclude(self, claimed: Claimed, work: Callable[[Claimed], Ending], confirm: float = 0.0) -> None:
        """Bring an attempt to its end and write that. A fault of ours in between must not stop the lane."""
        try:
            ending = work(claimed)
        except Exception:
            # It may have been sent: it stays in flight, and a later turn settles it like one whose worker died.
            log.exception("attempt.broke_off", item=claimed.id, number=claimed.number)
            self._pause = TROUBLE_PAUSE
            return
        settle(self._services, self._lease.lane, claimed, ending, time.monotonic() + confirm)
