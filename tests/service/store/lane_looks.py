"""When somebody is to come to a lane: as late as may be, as early as must be, and one at a time."""

from __future__ import annotations

from hypothesis.stateful import invariant

from relay.store import Store, keys
from relay.store.lanes import LEASE
from tests.service.store.clock import Clock
from tests.service.store.lane_model import KINDS, LANES, MAY_FLY, SHARD, Kind, LaneModel
from tests.service.store.picture import Picture

HANDOVER = 5000  # ms within which somebody who was asked should have come
FALLS_BACK = 5000  # ms by which the time may fall back where the clock is set back


class LaneLooks(LaneModel):
    """The moments at which lanes need somebody, as they follow from what is in them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.latest = 0  # that the time ever was: it may fall back
        self.left_at: dict[Kind, int] = dict.fromkeys(KINDS, 0)  # when a turn last gave the lane back
        super().__init__(store, clock)

    def moment(self, kind: Kind, name: str) -> int:
        """Give a moment that is noted on a lane; 0 for none."""
        return int(self.picture.lane(LANES[kind]).get(name, 0))

    def next_look(self, kind: Kind) -> int | None:
        """Give when a lane next needs somebody."""
        return self.picture.scores(keys.attention(SHARD)).get(LANES[kind].name)

    def first_due(self, kind: Kind) -> int | None:
        """Give when the first of what waits in a lane may begin."""
        due, head = self.picture.due(LANES[kind]), self.head(kind)
        return due[head] if head else min(due.values(), default=None)

    def look_since(self, kind: Kind, before: Picture, *, asks: bool) -> int | None:
        """Give when a lane needs somebody after what waits in it was changed; or `asks` for him, if that is now."""
        known, due, now = (
            before.scores(keys.attention(SHARD)).get(LANES[kind].name),
            self.first_due(kind),
            self.now,
        )
        asked = self._moment_before(kind, before, "asked_until")
        if due is None or not self.runs(kind) or self._moment_before(kind, before, "lease_until") > now:
            return known
        at = max(due, self._moment_before(kind, before, "not_before"), asked if asked > now else 0)
        if known is not None and known <= at:
            return known
        return now + HANDOVER if asks and at <= now else at

    def _moment_before(self, kind: Kind, before: Picture, name: str) -> int:
        return int(before.lane(LANES[kind]).get(name, 0))

    def is_asked_for(self, kind: Kind) -> bool:
        """Tell whether somebody was asked to come to a lane just now."""
        return self.now + HANDOVER == self.next_look(kind) == self.moment(kind, "asked_until")

    def look_after(self, kind: Kind, pause: float) -> int | None:
        """Give when a lane needs somebody after a turn that gave it back, and wished a pause."""
        wait, due = round(pause * 1000), self.first_due(kind)
        flight = min(self.picture.flight(LANES[kind]).values(), default=None)
        if flight is not None and flight <= self.now:
            return self.now + min(wait, HANDOVER)
        moments = [flight] if flight is not None else []
        if due is not None and self.runs(kind) and not (moments and self.strict and kind == "delivery"):
            moments.append(max(due, self.now + wait))
        return min(moments, default=None)

    @invariant()
    def nothing_waits_unattended(self) -> None:
        """Where something waits in a lane that runs, or flies in any, somebody comes, and no later than promised."""
        for kind, lane in LANES.items():
            longest = {"lease_until": LEASE, "asked_until": HANDOVER / 1000, "not_before": MAY_FLY}
            promises = [self.left_at[kind], *(self.moment(kind, name) for name in longest)]
            for name, seconds in longest.items():
                assert self.moment(kind, name) <= self.now + round(seconds * 1000) + FALLS_BACK
            look, due, flight = self.next_look(kind), self.first_due(kind), self.picture.flight(lane)
            if due is not None and self.runs(kind):
                held = [min(flight.values())] if flight and self.strict else []
                assert look is not None
                assert look <= max(due, *promises, *held)
            if flight:
                assert look is not None
                assert look <= max(min(flight.values()), *promises)
                assert max(flight.values()) <= self.now + round(LEASE * 1000) + FALLS_BACK

    @invariant()
    def nobody_is_sent_to_a_lane_that_is_held(self) -> None:
        """Its turn sees for itself, and whoever came would go again. After the clock fell back, what was over may hold anew."""
        self.latest = max(self.latest, self.now)
        for kind in KINDS:
            look, until = self.next_look(kind), self.moment(kind, "lease_until")
            assert until <= self.latest or look is None or look >= until
