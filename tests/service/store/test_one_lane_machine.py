"""A destination's lanes under everything that can happen to them, in any order: after each step the invariants hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from relay.errors import Conflict, UnknownCallback
from relay.model.delivery import SETTLED, WAITING
from relay.store import Store
from relay.store.replays import Selection
from tests.destinations import a_destination
from tests.service.store.clock import Clock
from tests.service.store.lane_model import LANES, move
from tests.service.store.lane_moves import PICK, TurnMoves
from tests.service.store.refusals import FULL, NO_REPLICA, Refusing

HOUR = 3600.0
MOST = 6  # deliveries, beside parts: what happens is to happen to the same ones


class LaneMachine(TurnMoves):
    """Beside the turns: what upstream sends, what people do, and what the clock does."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.accept(3, "")

    @move(4, number=st.integers(min_value=1, max_value=3), group=st.sampled_from(["", "", "g", "h"]))
    def accept(self, number: int, group: str) -> None:
        """Upstream sends records; some of them share deliveries."""
        if len(self.ids) < MOST:
            self.ids |= dict.fromkeys(self.here.accept(self.here.new(number, group=group)), "delivery")

    @move()
    def send_test(self) -> None:
        """A person sends a test."""
        if len(self.ids) < MOST:
            identifier = self.store.new_delivery_id("here")
            self.store.acceptance.begin_test(a_destination("here"), identifier, [{}], {})
            self.ids[identifier] = "test"

    @move(10, seconds=st.sampled_from([-HOUR, -60.0, -0.5, 0.02, 1.0, 6.0, 16.0, 31.0, 31.0, HOUR]))
    def time_passes(self, seconds: float) -> None:
        """What waited falls due, and leases end; or the clock is set back, as if nothing had happened."""
        self.clock.move(seconds)

    @move(state=st.sampled_from(["active", "paused", "active"]))
    def switch(self, state: Any) -> None:
        """A person activates or pauses the destination."""
        self.store.destinations.set_state("here", state)

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
        if not self.ids:
            return
        identifier = self.picked(pick)
        with suppress(Conflict):
            self.store.operations.retry(identifier)
            self.gone.discard(identifier)
            item = self.look().item("delivery", identifier)
            assert ("queued", None) == (item["state"], item.get("token"))

    @move(pick=PICK)
    def retry_callback(self, pick: int) -> None:
        """A person has a callback sent again."""
        if not self.ids:
            return
        with suppress(Conflict, UnknownCallback):
            self.gone.discard(self.store.operations.retry_callback(self.picked(pick)).callbacks[-1].id)

    @move(pick=PICK)
    def cancel(self, pick: int) -> None:
        """A person takes a delivery out."""
        if not self.ids:
            return
        identifier = self.picked(pick)
        with suppress(Conflict):
            self.store.operations.cancel(identifier)
            assert self.look().item("delivery", identifier)["state"] == "canceled"

    @move(pick=PICK, settled=st.sampled_from(["delivered", "dead"]), told=st.booleans())
    def resolve(self, pick: int, settled: Any, *, told: bool) -> None:
        """A person says what became of a delivery."""
        if not self.ids:
            return
        seen = self.store.deliveries.get(self.picked(pick))
        callback = self.callback(settled) if told else None
        with suppress(Conflict):
            self.store.operations.resolve(seen, settled, "Resolved by hand.", callback)
            assert ("uncertain", settled) == (seen.state, self.look().item("delivery", seen.id)["state"])
            if callback:
                self.filed[callback.id] = seen.id

    def picked(self, pick: int) -> str:
        """Choose a delivery."""
        return list(self.ids)[pick % len(self.ids)]

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

    @move(sure=st.integers(min_value=0, max_value=3))
    def delete(self, sure: int) -> None:
        """A person deletes the destination with what waits, and makes it anew before that is ended."""
        if sure < 3:
            return
        states = {each: self.item(kind, each)["state"] for each, kind in self.ids.items()}
        waiting = sum(states[each] in {*WAITING, "uncertain"} and each not in self.gone for each in self.ids)
        flying = [each for kind in ("delivery", "test") for each in self.picture.flight(LANES[kind])]
        try:
            self.store.destinations.delete("here", waiting)
        except Conflict:
            assert flying
            return
        assert not flying
        for kind in list(self.turns):
            self.overtake(kind)
        self.old |= {*self.ids, *self.filed}
        self.gone |= self.old
        self.made_anew()

    @move()
    def finish_discards(self) -> None:
        """Somebody ends what deletions left over."""
        assert self.store.discards.finish(60.0)

    def teardown(self) -> None:
        """However it stands, turns bring every delivery and every callback to its end."""
        self.finish_discards()
        self.store.destinations.set_state("here", "active")
        for _ in range(4 * (len(self.ids) + len(self.filed)) + 4):
            self.clock.move(HOUR)
            for lane in self.store.lanes.whose_time_has_come(10):
                lease = self.store.lanes.lease(lane)
                assert lease is not None
                for each in lease.left_in_flight:
                    self.end(lane.kind, each, "unknown, repeated", orphaned=True)
                for each in self.store.lanes.claim(lease, 100).attempts:
                    self.end(lane.kind, each, "delivered", told=True)
                self.store.lanes.release(lease)

        self.look()
        for name, there in (("due", self.picture.due), ("flight", self.picture.flight)):
            assert (name, {kind: {} for kind in LANES}) == (
                name,
                {kind: there(lane) for kind, lane in LANES.items()},
            )
        assert {*SETTLED, "uncertain"} >= {self.item(kind, each)["state"] for each, kind in self.ids.items()}
        assert {"delivered", "dead", "sending"} >= {
            self.item("callback", each)["state"] for each in self.filed
        }


def run(store: Store, clock: Clock, examples: int, steps: int) -> None:
    """Try so many times so many steps."""
    run_state_machine_as_test(
        lambda: LaneMachine(store, clock),  # type: ignore[arg-type]  # hypothesis takes anything that makes a machine
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],  # to make a failure smaller takes longer than a test may
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.hypothesis
def test_whatever_happens_to_a_lane_the_invariants_hold(clocked: Store, clock: Clock) -> None:
    """Turns that come, die and answer late, pauses, retries, deletions, and a clock that is set back, in any order."""
    run(clocked, clock, settings().max_examples * 2 // 3, 40)


@pytest.mark.hypothesis
@pytest.mark.parametrize("setting", [FULL, NO_REPLICA])
def test_what_redis_refuses_is_not_written_by_halves(
    clocked: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Wherever a lane stands, whichever script runs, it writes all or nothing."""
    refusing = Refusing(clocked, setting)
    refusing.stand_in(monkeypatch)

    run(clocked, clock, settings().max_examples // 30, 30)

    assert "put_destination" in refusing.refused
    assert setting == FULL or not refusing.went_on
