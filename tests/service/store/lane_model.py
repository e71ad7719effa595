"""What a test knows of a destination's lanes beside the real ones, and what must hold of them after every step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay.model.delivery import SETTLED, STATES, WAITING
from relay.model.destination import BatchSettings, DeliverySettings
from relay.store import Lane, Store, keys
from relay.store.lanes import LEASE, Claimed, Lease
from tests.service.store.clock import Clock
from tests.service.store.one_lane import OneLane
from tests.service.store.picture import Hash, Picture

Kind = Literal["delivery", "callback", "test"]
KINDS: tuple[Kind, ...] = ("delivery", "callback", "test")
LANES = {kind: Lane(kind, "here") for kind in KINDS}
SHARD = LANES["delivery"].shard
HANDOVER = 5.0  # seconds
MAY_FLY = 30.0  # seconds for which a call may be on its way that nobody holds, and a turn leaves a lane alone
FALLS_BACK = 5000  # ms by which the time may fall back where the clock is set back
OVER = {"delivered", "dead"}


Move = Callable[..., None]


def move(weight: int = 1, **drawn: Any) -> Callable[[Move], Move]:
    """Mark what may happen to a lane, with what is drawn for it. Where it is impossible, it does nothing.

    Rules of hypothesis would do, but half of those are left out of each example, and most of what is worth seeing needs
    several of them: something comes, a turn begins it, its process dies, and somebody else finds it.
    """

    def mark(method: Move) -> Move:
        method.weight, method.drawn = weight, drawn  # type: ignore[attr-defined]
        return method

    return mark


@dataclass
class Turn:
    """A turn: its lease, what it found in flight, and what it began itself."""

    lease: Lease
    left: list[Claimed]
    open: list[Claimed] = field(default_factory=list)


class LaneModel(RuleBasedStateMachine):
    """One destination with its three lanes: deliveries, callbacks and tests."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__()
        store.redis.flushall()
        clock.begin()
        self.store, self.clock = store, clock
        self.strict = False
        self.made_anew()
        self.ids: dict[str, Kind] = {}  # deliveries, tests among them
        self.filed: dict[str, str] = {}  # callbacks, and the delivery that each tells of
        self.old: set[str] = set()  # what belonged to destinations that were deleted
        self.gone: set[str] = set()  # the same, but what a person put back into the one that has the id now
        self.turns: dict[Kind, Turn] = {}
        self.former: list[tuple[Kind, Lease]] = []
        self.zombies: list[tuple[Kind, Claimed]] = []  # attempts whose lane is no longer their process's
        self.not_before: dict[str, int] = {}  # until when a call that nobody holds may be on its way
        self.picture = Picture({}, frozenset())
        self.look()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Let something happen."""
        moves = {name: each for name in dir(self) if hasattr(each := getattr(self, name), "weight")}
        names = [name for name, each in sorted(moves.items()) for _ in range(each.weight)]
        chosen = moves[data.draw(st.sampled_from(names))]
        chosen(**{name: data.draw(values) for name, values in chosen.drawn.items()})

    def made_anew(self) -> None:
        """Make the destination, later than whatever came before it."""
        self.clock.move(0.001)
        self.here = OneLane(self.store, batch=BatchSettings(size=3, window=20), delivery=self.order())

    def order(self) -> DeliverySettings:
        """Give the settings that say whether the order is strict."""
        return DeliverySettings(strict_order=self.strict)

    def look(self) -> Picture:
        """Look at what Redis holds now."""
        self.now = self.clock.shown(SHARD)
        self.picture = Picture.of(self.store.redis)
        return self.picture

    def item(self, kind: Kind, identifier: str) -> Hash:
        """Give an item as it was when we looked last."""
        return self.picture.item(kind, identifier)

    def is_active(self) -> bool:
        """Tell whether deliveries may begin."""
        return self.picture.hash(keys.destination("here"))["state"] == "active"

    def may_settle(self, kind: Kind, claimed: Claimed, *, known: bool) -> bool:
        """Tell whether the end of an attempt is to be written: no newer truth stands."""
        stands = self.item(kind, claimed.id)
        if stands.get("token") != claimed.token:
            return False
        late = known and stands.get("known") == "0" and claimed.id not in self.aside()
        return stands["state"] == "sending" or late

    def aside(self) -> set[str]:
        """Give what waited in destinations that were deleted, and was not ended yet."""
        names = self.picture.held.get(keys.discards(SHARD), ())
        return {each for name in names for each in self.picture.scores(keys.discard(SHARD, name))}

    def places(self) -> dict[Kind, dict[str, Hash]]:
        """Give what belongs into each lane: all that is not over, and was not in a destination that is gone."""
        there: dict[Kind, dict[str, Hash]] = {kind: {} for kind in KINDS}
        for identifier, kind in [*self.ids.items(), *((each, "callback") for each in self.filed)]:
            if identifier not in self.gone:
                there[kind][identifier] = self.item(kind, identifier)
        return there

    @invariant()
    def everything_is_in_one_place(self) -> None:
        """What waits is due at some time, what is sent is in flight, and nothing else is."""
        self.look()
        for kind, items in self.places().items():
            waiting = {each for each, item in items.items() if item["state"] in WAITING}
            sending = {each for each, item in items.items() if item["state"] == "sending"}
            assert (waiting, sending) == (
                set(self.picture.due(LANES[kind])),
                set(self.picture.flight(LANES[kind])),
            )

    @invariant()
    def what_is_gone_waits_for_its_end(self) -> None:
        """Whatever waited in a destination that was deleted is set aside until somebody has ended it."""
        aside = self.aside()
        for identifier in self.gone:
            state = self.item(self.ids.get(identifier, "callback"), identifier)["state"]
            assert state in {*SETTLED, "sending"} or identifier in aside

    @invariant()
    def the_logs_name_each_delivery_once(self) -> None:
        """Under its state, so that the counts are right; the destination's as well as the shard's."""
        states = {each: self.item(kind, each)["state"] for each, kind in self.ids.items()}
        # What nobody knew about when its destination was deleted is set aside under that name.
        aside = {each for each, state in states.items() if state == "uncertain" and each in self.gone}
        for whose, not_there in ((None, set()), ("here", aside)):
            assert set(states) == set(self.picture.scores(keys.log(SHARD, whose)))
            for state in STATES:
                named = self.picture.scores(keys.log(SHARD, whose, state))
                assert {each for each, stands in states.items() if stands == state} - not_there == set(named)

    @invariant()
    def one_attempt_at_a_time_is_on_record(self) -> None:
        """What is sent has one attempt without an end; nothing else has any."""
        for kind, items in self.places().items():
            for identifier, item in items.items():
                attempts = [json.loads(text) for name, text in item.items() if name.startswith("attempt:")]
                begun = sum("ended_at" not in each for each in attempts)
                assert (kind, identifier, int(item["state"] == "sending")) == (kind, identifier, begun)
                assert int(item["attempt"]) == len(attempts)

    @invariant()
    def only_what_is_over_expires(self) -> None:
        """What waits, flies or needs a person stays."""
        for identifier, kind in self.ids.items():
            over = self.item(kind, identifier)["state"] in SETTLED
            assert over == (keys.delivery(identifier) in self.picture.expiring)
        for identifier in set(self.filed) - self.gone:
            state, expires = (
                self.item("callback", identifier)["state"],
                keys.callback(identifier) in self.picture.expiring,
            )
            assert state == "sending" or (state in OVER) == expires

    @invariant()
    def callbacks_are_those_that_were_asked_for(self) -> None:
        """Not one more; and of a delivery's outcomes at most one waits to be told, the latest."""
        assert set(self.filed) == {key.rpartition(":")[2] for key in self.picture.held if ":callback:" in key}
        waiting = Counter(
            self.filed[identifier]
            for identifier in set(self.filed) - self.gone
            if self.item("callback", identifier)["state"] in {"queued", "retrying"}
            if self.item("callback", identifier)["type"] != "delivery.attempted"
        )
        assert {1} >= set(waiting.values())
        for delivery in self.ids:
            told = [each for each, about in self.filed.items() if about == delivery]
            assert told[-20:] == self.item("delivery", delivery).get("callbacks", "").split()

    @invariant()
    def open_batches_collect(self) -> None:
        """Whatever a record may still join has not left."""
        for identifier in self.picture.hash(f"{LANES['delivery'].prefix}open:here").values():
            assert self.item("delivery", identifier)["state"] == "collecting"

    @invariant()
    def nothing_waits_unattended(self) -> None:
        """Where something waits in a lane that runs, or flies in any, somebody comes, and no later than promised."""
        for kind, lane in LANES.items():
            stands = self.picture.lane(lane)
            longest = {"lease_until": LEASE, "asked_until": HANDOVER, "not_before": MAY_FLY}
            promises = [int(stands.get(name, 0)) for name in longest]
            for promise, seconds in zip(promises, longest.values(), strict=True):
                assert promise <= self.now + round(seconds * 1000) + FALLS_BACK
            look = self.picture.scores(keys.attention(SHARD)).get(lane.name)
            flight, due = self.picture.flight(lane), self.picture.due(lane)
            if due and (kind != "delivery" or self.is_active()):
                held = [min(flight.values())] if flight and self.strict else []
                head = self.picture.blocking(lane)
                first = due[head] if head else min(due.values())
                assert look is not None
                assert look <= max(self.now + FALLS_BACK, first, *promises, *held)
            if flight:
                assert look is not None
                assert look <= max(self.now + FALLS_BACK, min(flight.values()), *promises)
                assert max(flight.values()) <= self.now + round(LEASE * 1000) + FALLS_BACK
