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
from relay.store.attempts import Claimed, Lease
from tests.service.store.clock import Clock
from tests.service.store.one_lane import OneLane
from tests.service.store.picture import Hash, Picture

Kind = Literal["delivery", "callback", "test"]
KINDS: tuple[Kind, ...] = ("delivery", "callback", "test")
LANES = {kind: Lane(kind, "here") for kind in KINDS}
SHARD = LANES["delivery"].shard
MAY_FLY = 30.0  # seconds for which a call may be on its way that nobody holds, and a turn leaves a lane alone
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
        self.clock.move(0.001)  # no two things happen at once
        self.look()

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

    def runs(self, kind: Kind) -> bool:
        """Tell whether what waits in a lane may begin."""
        return kind != "delivery" or self.picture.hash(keys.destination("here"))["state"] == "active"

    def head(self, kind: Kind) -> str | None:
        """Give the delivery that holds up all others in strict order until it is due; other lanes know no order."""
        if kind != "delivery":
            return None
        lane = LANES[kind]
        head, due = self.picture.lane(lane).get("head"), self.picture.due(lane)
        if head is None or head in due or head in self.picture.flight(lane):
            return head if head in due else None
        return min((each for each in due if self.item(kind, each)["state"] == "retrying"), default=None)

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
    def an_item_tells_when_it_began_when_it_goes_on_and_when_it_ended(self) -> None:
        """Nothing of that stays that is no longer so."""
        for kind, items in self.places().items():
            due = self.picture.due(LANES[kind])
            for identifier, item in items.items():
                state, at, began = (
                    item.get(name) for name in ("state", "next_attempt_at", "first_attempt_at")
                )
                assert at in (
                    {str(due[identifier])} if state == "retrying" else {None, str(due.get(identifier))}
                )
                # A callback that was replaced ended without an attempt, and tells the reason instead.
                assert (state in {*SETTLED, "uncertain"}) == ("settled_at" in item or "reason" in item)
                if began and "by_hand" not in item:
                    assert int(began) == json.loads(item["attempt:1"])["started_at"]

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
        for item in (self.item("callback", each) for each in set(self.filed) - self.gone):
            assert (item["type"] == "delivery.dead") == ("unshaped" in item)
        waiting = Counter(
            self.filed[identifier]
            for identifier in set(self.filed) - self.gone
            if self.item("callback", identifier)["state"] in {"queued", "retrying"}
            if self.item("callback", identifier)["type"] != "delivery.attempted"
        )
        assert {1} >= set(waiting.values())
        for delivery in self.ids:
            told = [each for each, about in self.filed.items() if about == delivery]
            named = self.item("delivery", delivery).get("callbacks", "").split()
            # News of attempts leaves from the front where there are more than twenty; outcomes stay.
            assert [each for each in told if each in named] == named
            assert (told[-1:], min(len(told), 20)) == (named[-1:], min(len(named), 20))

    @invariant()
    def open_batches_collect(self) -> None:
        """Whatever a record may still join has not left."""
        for identifier in self.picture.hash(f"{LANES['delivery'].prefix}open:here").values():
            assert self.item("delivery", identifier)["state"] == "collecting"
