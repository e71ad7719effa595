"""What people do to a lane: they pause and change it, and retry, cancel and resolve what is in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from relay.errors import Conflict, UnknownCallback
from relay.store.operations import MAY_BE_CANCELED, MAY_BE_RESOLVED, MAY_BE_RETRIED
from relay.store.replays import Selection
from tests.destinations import a_destination
from tests.service.store.lane_model import LANES, move
from tests.service.store.lane_moves import PICK, TurnMoves

TOLD = ("delivered", "dead", "uncertain")


class PeopleMoves(TurnMoves):
    """Operators, as the management API lets them."""

    @move(2, state=st.sampled_from(["active", "paused", "active"]))
    def switch(self, state: Any) -> None:
        """A person activates or pauses the destination."""
        before, lane = self.picture, LANES["delivery"]
        free = self.moment("delivery", "lease_until") <= self.now and not before.flight(lane)
        self.store.destinations.set_state("here", state)

        self.look()
        expected = self.look_since("delivery", before, asks=True)
        assert (None if free and state == "paused" else expected) == self.next_look("delivery")

    @move()
    def change_the_order(self) -> None:
        """A person asks for strict order, or no longer."""
        self.strict = not self.strict
        stands = self.store.destinations.get("here")
        self.here.changes["delivery"] = self.order()
        self.store.destinations.replace(a_destination("here", **self.here.changes), stands.revision)

    @move(2, pick=PICK)
    def retry(self, pick: int) -> None:
        """A person puts a delivery back."""
        identifier = self.picked(pick, MAY_BE_RETRIED)
        pictured, before = self.picture, self.item("delivery", identifier)
        with suppress(Conflict):
            self.store.operations.retry(identifier)
            self.gone.discard(identifier)
            item = self.look().item("delivery", identifier)
            due = max(self.now, int(item.get("may_fly_until", 0)))
            unknown = before.get("after_unknown")
            assert ("queued", None, "0") == (item["state"], item.get("token"), item["spent"])
            assert (due, unknown or "0") == (
                self.picture.due(LANES["delivery"])[identifier],
                item["accepted"],
            )
            assert (before.get("found") if unknown else None) == item.get("found")
            assert "first_attempt_at" not in item
            assert self.look_since("delivery", pictured, asks=False) == self.next_look("delivery")

    @move(pick=PICK)
    def retry_callback(self, pick: int) -> None:
        """A person has a callback sent again."""
        with suppress(Conflict, UnknownCallback):
            told = self.store.operations.retry_callback(self.picked(pick, TOLD)).callbacks[-1].id
            self.gone.discard(told)
            item = self.look().item("callback", told)
            assert ("queued", "0", None) == (item["state"], item["spent"], item.get("superseded"))

    @move(2, pick=PICK)
    def cancel(self, pick: int) -> None:
        """A person takes a delivery out, perhaps one that holds up others."""
        identifier, before = self.picked(pick, MAY_BE_CANCELED), self.picture
        with suppress(Conflict):
            self.store.operations.cancel(identifier)
            item = self.look().item("delivery", identifier)
            assert ("canceled", None) == (item["state"], item.get("token"))
            assert self.look_since("delivery", before, asks=False) == self.next_look("delivery")

    @move(2, pick=PICK, settled=st.sampled_from(["delivered", "dead"]), told=st.booleans())
    def resolve(self, pick: int, settled: Any, *, told: bool) -> None:
        """A person says what became of a delivery."""
        seen = self.store.deliveries.get(self.picked(pick, MAY_BE_RESOLVED))
        callback = self.callback(settled) if told else None
        with suppress(Conflict):
            self.store.operations.resolve(seen, settled, "Resolved by hand.", callback)
            assert ("uncertain", settled) == (seen.state, self.look().item("delivery", seen.id)["state"])
            if callback:
                self.filed[callback.id] = seen.id

    def picked(self, pick: int, states: tuple[str, ...]) -> str:
        """Choose a delivery: mostly one in such a state, and of those mostly what holds up others."""
        fit = [each for each, kind in self.ids.items() if self.item(kind, each)["state"] in states]
        head = self.head("delivery")
        if head in fit and pick % 2:
            return head
        choice = fit if fit and pick % 4 else list(self.ids)
        return choice[pick % len(choice)]

    @move(
        state=st.sampled_from(["dead", "canceled", "uncertain"]), limit=st.integers(min_value=1, max_value=3)
    )
    def replay(self, state: Any, limit: int) -> None:
        """A person puts many back: deliveries of this destination, the oldest first."""
        before = self.picture
        own = [each for each, kind in self.ids.items() if kind == "delivery" and each not in self.old]
        fit = sorted(each for each in own if before.item("delivery", each)["state"] == state)[:limit]

        done = self.store.replays.run(
            self.store.destinations.get("here"), Selection(state=state, limit=limit, may_repeat=True)
        )

        after = self.look()
        moved = [each for each in self.ids if before.item("delivery", each) != after.item("delivery", each)]
        assert (fit, len(fit)) == (sorted(moved), done.replayed)
        assert {"queued"} >= {after.item("delivery", each)["state"] for each in moved}
