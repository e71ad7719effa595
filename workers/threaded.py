"""An RQ worker whose jobs run in threads of one process: a turn mostly waits, and many wait well together."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Any
from uuid import uuid4

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.worker import BaseWorker, WorkerStatus

from relay.store.turns import QUEUE
from workers.room import Room
from workers.turn_job import TurnJob

LOOK_UP = 1  # seconds after which a worker without jobs looks whether it should stop
AFTER_TROUBLE = 1.0  # seconds to wait while Redis is away
REGISTERED_FOR = 5.0  # seconds after which we look whether RQ still knows of us
ONE_MOMENT = 1.0  # seconds within which several signals mean one
log = structlog.get_logger()


class NoDeathPenalty(BaseDeathPenalty):
    """Turns bound themselves; a signal or an exception thrown into a thread would cut a call in the middle."""

    def setup_death_penalty(self) -> None:
        """Set up nothing."""

    def cancel_death_penalty(self) -> None:
        """Cancel nothing."""


class ThreadedWorker(BaseWorker):
    """Takes jobs from one queue (so that RQ moves them safely) and runs as many of them as there is room for."""

    death_penalty_class = NoDeathPenalty
    max_connection_wait_time = AFTER_TROUBLE

    def __init__(self, redis: Redis, room: Room, stopping: threading.Event) -> None:
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        super().__init__(
            [QUEUE],
            name=name,
            connection=redis,
            serializer=JSONSerializer,
            job_class=TurnJob,
            log_job_description=False,
        )
        self._room = room
        self._stopping = stopping
        self._dequeuing = False
        self._asked_to_stop_at = 0.0  # by the monotonic clock
        self._registered_until = float("inf")  # by the same

    def run(self) -> None:
        """Work until asked to stop; then finish what is under way."""
        signal.signal(signal.SIGINT, self.request_stop)
        signal.signal(signal.SIGTERM, self.request_stop)
        # As many threads again for turns that stand aside.
        with ThreadPoolExecutor(2 * self._room.places, thread_name_prefix="turn") as pool:
            try:
                self._register()
                while not self._stopping.is_set():
                    if self._room.enter(LOOK_UP) and not self._take(pool):
                        self._room.give_back()
            finally:
                self._stopping.set()  # whatever ends this loop, turns under way should end soon
                signal.setitimer(signal.ITIMER_REAL, 0)  # or it would end the process as Python shuts down
        try:
            self.register_death()  # type: ignore[no-untyped-call]  # RQ has no types here
        except RedisError:
            log.warning("worker.death_not_registered", worker=self.name)

    def _register(self) -> None:
        """Tell RQ of this worker, as soon as Redis answers; the watch says in the log that it does not."""
        while not self._stopping.is_set():
            try:
                self.register_birth()  # type: ignore[no-untyped-call]  # RQ has no types here
                self._registered_until = time.monotonic() + REGISTERED_FOR
                return
            except RedisError:
                self._stopping.wait(AFTER_TROUBLE)

    def _stay_registered(self) -> None:
        """Tell RQ of this worker again where Redis has come back empty: heartbeats alone would make half an entry."""
        if time.monotonic() < self._registered_until:
            return
        if not self.connection.hexists(self.key, "birth"):
            self.connection.delete(self.key)
            # A turn may have made half an entry again in between, and RQ then takes us for another: the next look mends it.
            with suppress(ValueError):
                self.register_birth()  # type: ignore[no-untyped-call]
        self._registered_until = time.monotonic() + REGISTERED_FOR

    def _take(self, pool: ThreadPoolExecutor) -> bool:
        """Take one job if there is one, and have a thread run it; tells whether it did."""
        try:
            self._dequeuing = True
            self._stay_registered()
            taken = self.dequeue_job_and_maintain_ttl(LOOK_UP, max_idle_time=LOOK_UP)
        except StopRequested:
            return False
        except RedisError:
            self._stopping.wait(AFTER_TROUBLE)
            return False
        except Exception:
            # An entry that RQ cannot read must not end the worker. The lane it was for is on the attention list.
            log.exception("turn.job_not_read")
            return False
        finally:
            self._dequeuing = False
        if taken is None:
            return False
        try:
            pool.submit(self._perform, *taken)
        except RuntimeError:  # this machine gives us no more threads; the attention list has the lane
            log.exception("turn.no_thread")
            self._stopping.wait(AFTER_TROUBLE)
            return False
        return True

    def _perform(self, job: Job, queue: Queue) -> None:
        self._room.sit()
        try:
            self.perform_job(job, queue, self.prepare_execution(job))
        except RedisError:
            # RQ could not write down its job; the lane is on the attention list all the same.
            log.warning("turn.not_written_down", job=job.id)
        finally:
            self._room.leave()

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log what went wrong with a job as all else is logged: without the exception's text, which RQ would write."""
        log.warning("turn.job_failed", job=job.id, exc_info=exc_info)  # a turn that fails has said so itself

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's signature
        """Take no more jobs; a second Ctrl-C ends the process at once.

        A second SIGTERM changes nothing: platforms are known to send several, and calls are on their way.
        """
        now = time.monotonic()
        if self._stopping.is_set():
            # A terminal's Ctrl-C reaches us and our supervisor, who passes it on: that is no second one.
            if signum == signal.SIGINT and now - self._asked_to_stop_at > ONE_MOMENT:
                os._exit(1)
            return
        self._asked_to_stop_at = now
        self._stopping.set()
        # The wait for a job ends by itself, and a job that it still brings is passed on; unless Redis does not answer.
        signal.signal(signal.SIGALRM, self._wait_no_longer)
        signal.setitimer(signal.ITIMER_REAL, 2 * LOOK_UP)
        # Last of all: where nobody reads the log any more, writing it raises.
        log.info("worker.stopping", worker=self.name, signal=signal.Signals(signum).name)

    def _wait_no_longer(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's signature
        if self._dequeuing:
            raise StopRequested  # a job that was popped at this very moment is made good by the attention list

    def _set_ip_address(self, connection: Redis) -> None:  # noqa: ARG002 - RQ's signature
        """Stay off Redis while this is built, where RQ would ask it for our address: it may come later than we do."""
        self.ip_address = "unknown"

    def procline(self, message: str) -> None:
        """Leave the process's title alone: with many jobs at a time it would only flicker."""

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Count as busy while any thread is; RQ's own idea fits one job at a time."""
        super().set_state(WorkerStatus.BUSY if self.executions else state, pipeline=pipeline)
