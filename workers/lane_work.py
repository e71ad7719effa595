"""What a turn asks of the work in a lane: deliveries and callbacks both answer it."""

from __future__ import annotations

from typing import Protocol

from relay.store.attempts import Claimed, Ending
from relay.store.budget import Grant

LONG_PAUSE = 5.0  # seconds before anybody looks again whether there is something to call with


class Work(Protocol):
    """What is done with the items of one lane. `attempt` may run in several threads at a time."""

    @property
    def concurrency(self) -> int:
        """Give how many attempts may be in flight at a time."""

    @property
    def whom(self) -> str:
        """Name who is called: all that call the same one find out together that he does not answer."""

    def ask(self, calls: int) -> Grant:
        """Ask the budget for calls."""

    def give_back(self, calls: int) -> None:
        """Give back calls that were not made."""

    def rest(self) -> float:
        """Give the seconds for which the lane should rest after this turn."""

    def attempt(self, claimed: Claimed) -> Ending:
        """Make one attempt and say how it ended."""

    def unsent(self, claimed: Claimed) -> Ending:
        """Say how an attempt ended that was on record and of which nothing was sent."""

    def orphaned(self, claimed: Claimed) -> Ending:
        """Say how an attempt ended whose worker died."""
