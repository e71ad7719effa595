"""A destination's lanes under everything that can happen to them, in any order: after each step the invariants hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from relay.errors import Conflict
from relay.model.delivery import SETTLED, WAITING
from relay.store import Store
from tests.destinations import a_destination
from tests.service.store.clock import Clock
from tests.service.store.lane_model import LANES, move
from tests.service.store.lane_moves import ENDED, FATE, PICK
from tests.service.store.lane_people import PeopleMoves
from tests.service.store.refusals import FULL, NO_REPLICA, Refusing

HOUR = 3600.0
NOTED = ("lease_until", "asked_until", "not_before")
MOST = 6  # deliveries, beside parts: what happens is to happen to the same ones


class LaneMachine(PeopleMoves):
    """Beside turns and people: what upstream sends, what the clock does, and what happens together."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self.accept(3, "")

    @initialize(strict=st.booleans())
    def begin(self, *, strict: bool) -> None:
        """Choose an order to begin with."""
        if strict:
            self.change_the_order()
            self.look()

    @move(4, number=st.integers(min_value=1, max_value=3), group=st.sampled_from(["", "", "g", "h"]))
    def accept(self, number: int, group: str) -> None:
        """Upstream sends records; some of them share deliveries."""
        if len(self.ids) >= MOST:
            return
        before = self.picture
        self.ids |= dict.fromkeys(self.here.accept(self.here.new(number, group=group)), "delivery")

        self.look()
        assert self.look_since("delivery", before, asks=True) == self.next_look("delivery")
        came = self.moment("delivery", "asked_until") > int(
            before.lane(LANES["delivery"]).get("asked_until", 0)
        )
        assert came == self.here.woken

    @move()
    def send_test(self) -> None:
        """A person sends a test."""
        if len(self.ids) < MOST:
            identifier = self.store.new_delivery_id("here")
            self.store.acceptance.begin_test(a_destination("here"), identifier, [{}], {})
            self.ids[identifier] = "test"

    @move(6, pick=PICK)
    def its_moment_comes(self, pick: int) -> None:
        """It is exactly when something falls due, or when somebody no longer has a right."""
        noted = [self.moment(kind, name) for kind in LANES for name in NOTED]
        noted += [
            each
            for lane in LANES.values()
            for each in (*self.picture.due(lane).values(), *self.picture.flight(lane).values())
        ]
        later = sorted({each for each in noted if each > self.now})
        if later:
            self.clock.move(
                (later[pick % len(later)] - self.now - 1) / 1000
            )  # and one passes with every step

    @move(8, seconds=st.sampled_from([-HOUR, -60.0, -0.5, 0.02, 1.0, 6.0, 16.0, 31.0, HOUR]))
    def time_passes(self, seconds: float) -> None:
        """What waited falls due, and leases end; or the clock is set back, as if nothing had happened."""
        self.clock.move(seconds)

    @move(3, pick=PICK, fate=FATE, late=st.booleans())
    def split_up(self, pick: int, fate: str, *, late: bool) -> None:
        """A full batch is refused and halved, perhaps by an answer that comes late."""
        self.accept(3, "full")
        if late:
            self.serve_lane("delivery", 100, "unknown, repeated", [], "dies", told=False)
            self.serve_lane("delivery", 1, "unknown, repeated", ["delivered"], "goes", told=False)
            for each in range(MOST):
                self.answer_late(2 * (pick + each) + 1, "split", told=False)
        else:
            self.serve_lane("delivery", 3, "unknown, repeated", ["split"] * 3, fate, told=False)

    @move(5, pick=PICK, name=ENDED)
    def overtake_news(self, pick: int, name: str) -> None:
        """While an outcome is being told, a person says what is newer; then that call ends."""
        self.serve_lane("delivery", 1, "unknown, to a person", ["unknown, to a person"], "goes", told=True)
        self.serve_lane("callback", 3, "unknown, repeated", [], "stays", told=False)
        self.resolve(4 * pick + 2, "dead", told=True)
        turn = self.turns.get("callback")
        for each in turn.open if turn else []:
            self.end("callback", each, name)
        if turn:
            turn.open.clear()

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
