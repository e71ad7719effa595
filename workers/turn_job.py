"""The one kind of job that a worker runs, whatever stands in the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rq.job import Job

from relay.store.turns import FUNCTION
from workers.turn import take_turn


class ForeignJob(Exception):
    """Somebody put a job into the queue that is no turn. Nothing of it was run."""


class TurnJob(Job):
    """A turn. RQ imports and calls whatever a job's entry in Redis names; here none but the turn is ever called."""

    @property
    def func(self) -> Callable[[str], None]:
        """Give what the job runs. Raises ForeignJob for anything but a turn."""
        if self.func_name != FUNCTION or self.instance:
            raise ForeignJob
        return take_turn

    @property
    def success_callback(self) -> None:
        """Give nothing: no turn has one."""

    @property
    def failure_callback(self) -> None:
        """Give nothing, as above."""

    @property
    def stopped_callback(self) -> Callable[[Job, Any], Any] | None:
        """Give nothing, as above."""
        return None
