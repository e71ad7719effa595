"""A Redis and its replica, for those who wait until both have something."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.store import durability
from tests.topology import PASSWORD, USUAL, Topology
from tests.waiting import until

USUAL_WAIT = durability.LONGEST_WAIT
SHORT = 0.3  # seconds


class Pair(Topology):
    """A Redis and its replica."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.master, self.replica = self.node("master"), self.node("replica")
        for node in self.nodes:
            node.config += USUAL.items()
        self.replica.config.append(("replicaof", self.master.place.replace(":", " ")))
        self.url = f"redis://:{PASSWORD}@{self.master.place}/0"

    def start(self) -> None:
        """Start both, and return once the replica follows."""
        for node in self.nodes:
            node.start()
        until(lambda: self.master.says("PING"))
        self.await_replica()

    def part(self, patch: pytest.MonkeyPatch) -> None:
        """Have the replica answer no more, and nobody in this process wait for it for long."""
        patch.setattr(durability, "LONGEST_WAIT", SHORT)
        self.replica.freeze()

    def join(self, patch: pytest.MonkeyPatch) -> None:
        """Have the replica answer again, and everybody wait for it for as long as usual: a busy machine takes its time."""
        patch.setattr(durability, "LONGEST_WAIT", USUAL_WAIT)
        self.replica.thaw()
        self.await_replica()

    def await_replica(self) -> None:
        """Return once the replica has what the master has."""
        with self.master.client() as client:
            until(lambda: client.set("here", 1) and client.wait(1, 1000) == 1)
