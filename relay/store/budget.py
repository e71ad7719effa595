"""The budget: what a credential may still call in the current rate window, shared by every worker."""

from __future__ import annotations

from dataclasses import dataclass

from relay.model.credential import Rate
from relay.store import keys
from relay.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Grant:
    """How many calls may be made now, and in how many seconds to ask again where that is none."""

    calls: int
    reopens_in: float


class Budget:
    """Grants calls, and learns from what Calendly tells about its window."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def ask(self, credential: str, calls: int, rate: Rate) -> Grant:
        """Take up to `calls` from what is left. What is not used is given back with `give_back`."""
        granted, reopens = self._scripts.run(
            "grant", keys.budget(credential), [calls, rate.limit, rate.window * 1000]
        )
        return Grant(int(granted), int(reopens) / 1000)

    def give_back(self, credential: str, calls: int, rate: Rate) -> None:
        """Give back calls that were granted and not made."""
        if calls > 0:
            self.ask(credential, -calls, rate)

    def learn(
        self, credential: str, limit: int | None, remaining: int | None, reset: float | None, age: float = 0.0
    ) -> None:
        """Take over what an answer told: the window's ceiling, what is left of it, and its end in seconds.

        `age` is how many seconds ago it may have been told: an old answer must not pass for a new window.
        """
        told = ["" if limit is None else limit, "" if remaining is None else remaining]
        self._scripts.run(
            "learn",
            keys.budget(credential),
            [*told, "" if reset is None else round(reset * 1000), 0, round(age * 1000)],
        )

    def block(self, credential: str, wait: float) -> None:
        """Let nobody call for `wait` seconds: Calendly refused for the rate."""
        self._scripts.run("learn", keys.budget(credential), ["", "", round(wait * 1000), 1, 0])
