"""Doubles for turns: work without a network, and a Redis that is away when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from relay.config import Settings
from relay.errors import StoreUnavailable
from relay.store import Store
from relay.store.attempts import Claimed, Ending
from relay.store.budget import Grant
from relay.store.lanes import Lanes
from relay.store.scripts import Scripts
from tests.service.store.one_lane import ended
from workers.room import Room
from workers.services import Seats, Services

PATIENCE = 30.0  # seconds after which a test that waits for another thread has failed
Happens = Callable[[Claimed], None]


def services(settings: Settings, store: Store) -> Services:
    """Give what a turn works with, less the ways out."""
    nowhere = cast(Any, None)
    return Services(settings, store, nowhere, nowhere, "test", Seats(4), nowhere, Room(4))


class FakeWork:
    """Work that ends every attempt as delivered, and remembers what it was asked to do."""

    def __init__(self, concurrency: int = 4, happens: Happens = lambda _: None) -> None:
        self.concurrency = concurrency
        self.happens = happens
        self.grants: list[Grant | Exception] = []
        self.away_for_giving_back = False
        self.sent: list[str] = []
        self.not_sent: list[str] = []
        self.orphans: list[str] = []
        self.asked: list[int] = []
        self.before_granting: Callable[[], Any] = lambda: None
        self.given_back = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def ask(self, calls: int) -> Grant:
        """Grant what a test laid ready, and then everything."""
        self.asked.append(calls)
        self.before_granting()
        grant = self.grants.pop(0) if self.grants else Grant(calls, 0.0)
        if isinstance(grant, Exception):
            raise grant
        return grant

    @property
    def whom(self) -> str:
        """Name somebody."""
        return "somebody"

    def rest(self) -> float:
        """Rest never."""
        return 0.0

    def give_back(self, calls: int) -> None:
        """Count what comes back."""
        self.given_back += calls
        if self.away_for_giving_back:
            raise StoreUnavailable

    def attempt(self, claimed: Claimed) -> Ending:
        """Let happen what a test wishes, and end as delivered."""
        with self._lock:
            self.sent.append(claimed.id)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.happens(claimed)
        finally:
            with self._lock:
                self._at_once -= 1
        return ended("delivered")

    def unsent(self, claimed: Claimed) -> Ending:
        """End as one that has to wait."""
        self.not_sent.append(claimed.id)
        return ended("retrying", wait=600.0)

    def orphaned(self, claimed: Claimed) -> Ending:
        """End as one that a person has to look at."""
        self.orphans.append(claimed.id)
        return ended("uncertain", known=False)


class Away(Scripts):
    """Scripts that Redis does not run, or whose answer gets lost, as often as a test says."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.redis)
        self._plan: dict[str, list[str]] = {}

    def lose(self, script: str, *what: str) -> None:
        """Lose the next runs of a script: each its "question" or its "answer"; "nothing" lets one pass."""
        self._plan[script] = list(what)

    def run(self, name: str, key: str, args: Sequence[Any]) -> Any:
        """Run a script, unless it is to get lost."""
        plan = self._plan.get(name, [])
        lost = plan.pop(0) if plan else "nothing"
        if lost == "question":
            raise StoreUnavailable
        answer = super().run(name, key, args)
        if lost == "answer":
            raise StoreUnavailable
        return answer


def with_outages(store: Store) -> tuple[Store, Away]:
    """Give the store with lanes whose Redis can be sent away."""
    away = Away(store)
    return replace(store, lanes=Lanes(away)), away
