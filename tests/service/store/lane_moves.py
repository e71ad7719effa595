"""What turns do to lanes, and what becomes of turns: they begin, end, die, and wake up when others have their lane."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from relay.store.batched import halves_of
from relay.store.lanes import Claim, Claimed, Ending, Lease, LeaseLost, NewCallback, NewPart
from tests.service.store.lane_model import KINDS, LANES, MAY_FLY, Kind, LaneModel, Turn, move
from tests.service.store.one_lane import ended

ENDINGS: dict[str, Ending] = {
    "delivered": ended("delivered"),
    "dead": ended("dead"),
    "split": ended("split", keep=3600),
    "again now": ended("retrying", wait=0.0),
    "again later": ended("retrying", wait=30.0),
    "unknown, to a person": ended("uncertain", known=False),
    "unknown, repeated": ended("retrying", wait=0.0, known=False),
}
ON_UNKNOWN = st.sampled_from(["unknown, repeated", "unknown, repeated", "unknown, to a person"])
LIMIT = st.integers(min_value=1, max_value=3)
PICK = st.integers(min_value=0, max_value=50)
KIND = st.sampled_from(["delivery", "delivery", "delivery", *KINDS])
FATE = st.sampled_from(["stays", "goes", "dies"])
ENDED = st.sampled_from(sorted(ENDINGS))


class TurnMoves(LaneModel):
    """Turns, as workers make them."""

    @move(kind=KIND)
    def come(self, kind: Kind) -> None:
        """A turn comes. It gets the lane unless another holds it, or it may be left alone, and learns what that one left."""
        stands, lane = self.picture.lane(LANES[kind]), LANES[kind]
        held = "lease" in stands and int(stands["lease_until"]) > self.now
        left = {each for each, until in self.picture.flight(lane).items() if until <= self.now}
        rests = int(stands.get("not_before", 0)) > self.now and not left

        lease = self.store.lanes.lease(lane)

        assert (held or rests) == (lease is None)
        if lease:
            assert left == {each.id for each in lease.left_in_flight}
            self.overtake(kind)
            lease.revision = self.store.destinations.get("here").revision
            self.turns[kind] = Turn(lease, list(lease.left_in_flight))

    @move(
        24,
        pick=PICK,
        limit=LIMIT,
        left=ON_UNKNOWN,
        ends=st.lists(ENDED, max_size=3),
        told=st.booleans(),
        fate=FATE,
    )
    def serve(self, pick: int, limit: int, left: str, ends: list[str], fate: str, *, told: bool) -> None:
        """A turn does what turns mostly do: it comes, claims, and brings some of that to an end. Then it may end, or die."""
        busy = [kind for kind, lane in LANES.items() if self.picture.due(lane) or self.picture.flight(lane)]
        if not busy:
            return
        kind = busy[pick % len(busy)]
        if kind not in self.turns:
            self.come(kind)
            self.look()
        turn = self.turns.get(kind)
        if not turn:
            return
        while turn.left:
            self.end(kind, turn.left.pop(), left, told=told, orphaned=True)
        turn.open += self.begun(kind, turn.lease, limit).attempts
        for name in ends[: len(turn.open)]:
            self.end(kind, turn.open.pop(), name, told=told)
        if fate == "goes":
            self.leave(kind, 0.0)
        elif fate == "dies":
            self.overtake(kind)
            self.clock.move(16.0)

    def overtake(self, kind: Kind) -> None:
        """Whoever had the lane has it no more, and may not know that."""
        turn = self.turns.pop(kind, None)
        if turn:
            self.former.append((kind, turn.lease))
            self.zombies += [(kind, each) for each in turn.open]

    @move(pick=PICK, limit=LIMIT)
    def claim_twice(self, pick: int, limit: int) -> None:
        """The answer to a claim gets lost, and the turn asks again."""
        if not self.turns:
            return
        kind, turn = list(self.turns.items())[pick % len(self.turns)]
        claim = self.begun(kind, turn.lease, limit)

        again = self.store.lanes.claim_again(turn.lease, limit)

        assert {each.id: each.item for each in claim.attempts} == {
            each.id: each.item for each in again.attempts
        }
        turn.open += claim.attempts

    def begun(self, kind: Kind, lease: Lease, limit: int) -> Claim:
        """Claim, and compare what is begun with what may be."""
        lane = LANES[kind]
        due, flight = self.picture.due(lane), self.picture.flight(lane)
        head, strict = self.picture.blocking(lane), self.strict and kind == "delivery"
        ready = {each for each, at in due.items() if at <= self.now}
        ready = ready & {head} if head else ready
        stands = lease.revision == self.store.destinations.get("here").revision
        runs = stands and (kind != "delivery" or self.is_active())
        most = 0 if not runs or (strict and flight) else min(limit, 1 if strict else limit, len(ready))

        claim = self.store.lanes.claim(lease, limit)

        assert most == len(claim.attempts)
        assert {each.id for each in claim.attempts} <= ready
        assert all(self.now >= self.not_before.get(each.id, 0) for each in claim.attempts)
        self.look()
        return claim

    @move(4, pick=PICK, name=ENDED, told=st.booleans(), twice=st.booleans())
    def settle(self, pick: int, name: str, *, told: bool, twice: bool) -> None:
        """An attempt of a turn ends; sometimes the answer of Redis gets lost, and the end is written again."""
        if not (any(turn.open for turn in self.turns.values())):
            return
        kind, claimed = self._take(pick, [(kind, turn.open) for kind, turn in self.turns.items()])
        self.end(kind, claimed, name, told=told)
        if twice:
            self.end(kind, claimed, name, told=told)

    @move(2, pick=PICK, name=ON_UNKNOWN, told=st.booleans())
    def give_up(self, pick: int, name: str, *, told: bool) -> None:
        """The turn writes the end of what an earlier one left in flight, and leaves it alone while it may still fly."""
        if not (any(turn.left for turn in self.turns.values())):
            return
        kind, claimed = self._take(pick, [(kind, turn.left) for kind, turn in self.turns.items()])
        self.end(kind, claimed, name, told=told, orphaned=True)

    def _take(self, pick: int, held: list[tuple[Kind, list[Claimed]]]) -> tuple[Kind, Claimed]:
        kind, claimed = [(kind, each) for kind, many in held for each in many][
            pick % sum(len(many) for _, many in held)
        ]
        next(many for each, many in held if each == kind).remove(claimed)
        return kind, claimed

    def end(
        self, kind: Kind, claimed: Claimed, name: str, *, told: bool = False, orphaned: bool = False
    ) -> None:
        """Write the end of an attempt, and see that it is written if and only if no newer truth stands."""
        self.look()
        ending = self._ending(kind, claimed, name, told=told)
        if orphaned:
            wait = None if ending.wait is None else MAY_FLY
            until = self.now + round(MAY_FLY * 1000)
            ending = replace(ending, wait=wait, values={"may_fly_until": str(until)})
        before = self.item(kind, claimed.id)
        may = self.may_settle(kind, claimed, known=ending.known)

        written = self.store.lanes.settle(LANES[kind], claimed.id, claimed.token, claimed.number, ending)

        after = self.look().item(kind, claimed.id)
        assert may == written
        if not written:
            assert before == after
            return
        dropped = "superseded" in before and ending.wait is not None
        assert ("dead" if dropped else ending.state) == after["state"]
        if self.strict and kind == "delivery" and ending.wait is not None:
            assert self.picture.blocking(LANES[kind])
        self.not_before[claimed.id] = self.now + round(MAY_FLY * 1000) if orphaned else 0
        self.ids |= {part.id: kind for part in ending.parts}
        if ending.callback:
            self.filed[ending.callback.id] = claimed.id

    def _ending(self, kind: Kind, claimed: Claimed, name: str, *, told: bool) -> Ending:
        if name == "unknown, to a person" and kind == "callback":
            name = "unknown, repeated"
        if name == "split" and (kind == "callback" or int(claimed.item.get("batch_count", 1)) < 2):
            name = "dead"
        ending = ENDINGS[name]
        if ending.state == "split":
            new = self.store.new_delivery_id
            ending = replace(
                ending, parts=tuple(NewPart(new("here"), half) for half in halves_of(claimed.item))
            )
        if told and kind == "delivery":
            news = "attempted" if ending.state == "retrying" else ending.state
            ending = replace(ending, callback=self.callback(news))
        return ending

    def callback(self, news: str) -> NewCallback:
        """Give a callback to file."""
        return NewCallback(
            id=self.store.new_callback_id("here"), type=f"delivery.{news}", payload="{}", url="https://crm"
        )

    @move(8, pick=PICK, name=ENDED, told=st.booleans())
    def answer_late(self, pick: int, name: str, *, told: bool) -> None:
        """A process whose lane is another's has its answer after all."""
        if not self.zombies:
            return
        self.end(*self.zombies[pick % len(self.zombies)], name, told=told)

    @move(pick=PICK, value=st.sampled_from(["", '"E"']))
    def note(self, pick: int, value: str) -> None:
        """A process writes something down before it sends: only while the attempt is its own."""
        if not (bool(self.zombies) or any(turn.open for turn in self.turns.values())):
            return
        held = [*self.zombies, *((kind, each) for kind, turn in self.turns.items() for each in turn.open)]
        kind, claimed = held[pick % len(held)]
        stands = self.item(kind, claimed.id)
        lane = LANES[kind]
        leased = self.picture.lane(lane).get("lease") == claimed.token.partition(".")[0]
        ours = leased or self.picture.flight(lane).get(claimed.id, 0) > self.now
        own = stands.get("token") == claimed.token and stands["state"] == "sending" and ours

        assert own == self.store.lanes.note(LANES[kind], claimed.id, claimed.token, "found", value)

    @move(2, pick=PICK, for_good=st.booleans())
    def crash(self, pick: int, *, for_good: bool) -> None:
        """The turn's process dies, or is stopped; sometimes for longer than its lease."""
        if not self.turns:
            return
        self.overtake(list(self.turns)[pick % len(self.turns)])
        if for_good:
            self.clock.move(16.0)

    @move(pick=PICK)
    def claim_late(self, pick: int) -> None:
        """A process that was stopped tries to begin more: refused, unless nobody else has come."""
        if not self.former:
            return
        kind, lease = self.former.pop(pick % len(self.former))
        before = self.picture.lane(LANES[kind])
        try:
            claim = self.begun(kind, lease, 2)
        except LeaseLost:
            self.store.lanes.release(lease)
            assert before == self.look().lane(LANES[kind])
            return
        assert kind not in self.turns
        self.turns[kind] = Turn(lease, [], list(claim.attempts))

    @move(2, pick=PICK, pause=st.sampled_from([0.0, 0.0, MAY_FLY]))
    def go(self, pick: int, pause: float) -> None:
        """The turn ends. What it has on the way stays in its hands for a while."""
        if not self.turns:
            return
        self.leave(list(self.turns)[pick % len(self.turns)], pause)

    def leave(self, kind: Kind, pause: float) -> None:
        """Give a lane back. Whatever is on its way is a zombie from then on, though it is known to be held."""
        turn = self.turns.pop(kind)
        if turn.open:
            self.store.lanes.hold(turn.lease)
        self.store.lanes.release(turn.lease, pause)
        self.zombies += [(kind, each) for each in turn.open]

    @move(how=st.sampled_from(["watch", "turn", "no seat"]), kind=KIND)
    def find(self, how: str, kind: Kind) -> None:
        """A watch looks at the list, or a turn that is done does, and nobody comes; or somebody does and cannot stay."""
        if how == "watch":
            self.store.lanes.whose_time_has_come(2)
        elif how == "turn":
            self.store.lanes.one_whose_time_has_come()
        else:
            self.store.lanes.come_back(LANES[kind], 5.0)
