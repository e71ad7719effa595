"""What turns do to lanes, and what becomes of turns: they begin, end, die, and wake up when others have their lane."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from relay.store import Lane, keys
from relay.store.attempts import Claim, Claimed, Lease, LeaseLost
from relay.store.lanes import LEASE
from tests.service.store.lane_ends import ENDINGS, LaneEnds
from tests.service.store.lane_looks import HANDOVER
from tests.service.store.lane_model import KINDS, LANES, MAY_FLY, SHARD, Kind, Turn, move

ON_UNKNOWN = st.sampled_from(["unknown, repeated", "unknown, repeated", "unknown, to a person"])
LIMIT = st.integers(min_value=1, max_value=3)
PICK = st.integers(min_value=0, max_value=50)
KIND = st.sampled_from(["delivery", "delivery", "delivery", *KINDS])
PAUSES = {"goes": 0.0, "rests": MAY_FLY, "cannot write": MAY_FLY}
FATE = st.sampled_from(["stays", "goes", "dies"] * 3 + ["rests", "cannot write"])
HELD = round(LEASE * 1000)  # ms
ENDED = st.sampled_from(sorted(ENDINGS))


class TurnMoves(LaneEnds):
    """Turns, as workers make them."""

    @move(kind=KIND)
    def come(self, kind: Kind) -> None:
        """A turn comes. It gets the lane unless another holds it, or it may be left alone, and learns what that one left."""
        lane, flight, before = LANES[kind], self.picture.flight(LANES[kind]), self.next_look(kind)
        held = self.moment(kind, "lease_until") > self.now
        left = {each for each, until in flight.items() if until <= self.now}
        opens = self.moment(kind, "not_before")
        rests = opens > self.now and not left

        lease = self.store.lanes.lease(lane)

        self.look()
        assert (held or rests) == (lease is None)
        assert held or not self.moment(kind, "asked_until")
        if not lease:
            assert (before if held else min([opens, *flight.values()])) == self.next_look(kind)
        else:
            assert self.now + HELD == self.next_look(kind) == self.moment(kind, "lease_until")
            assert left == {each.id for each in lease.left_in_flight}
            assert self.store.lanes.lease(lane) is None
            self.store.lanes.come_back(lane, HANDOVER / 1000)
            assert self.now + HELD == self.look().scores(keys.attention(SHARD))[lane.name]
            self.overtake(kind)
            lease.revision = self.store.destinations.get("here").revision
            self.turns[kind] = Turn(lease, list(lease.left_in_flight))

    @move(
        20,
        pick=PICK,
        limit=LIMIT,
        left=ON_UNKNOWN,
        ends=st.lists(ENDED, max_size=3),
        told=st.booleans(),
        fate=FATE,
    )
    def serve(self, pick: int, limit: int, left: str, ends: list[str], fate: str, *, told: bool) -> None:
        """A turn does what turns mostly do, in a lane where there is something to do."""
        busy = [kind for kind, lane in LANES.items() if self.picture.due(lane) or self.picture.flight(lane)]
        if busy:
            self.serve_lane(busy[pick % len(busy)], limit, left, ends, fate, told=told)

    def serve_lane(
        self, kind: Kind, limit: int, left: str, ends: list[str], fate: str, *, told: bool
    ) -> None:
        """A turn comes, claims, and brings some of that to an end. Then it may end, or die."""
        if kind not in self.turns:
            self.come(kind)
        turn = self.turns.get(kind)
        if not turn:
            return
        while turn.left:
            self.end(kind, turn.left.pop(), left, told=told, orphaned=True)
        turn.open += self.begun(kind, turn.lease, limit).attempts
        for name in ends[: len(turn.open)]:
            self.end(kind, turn.open.pop(), name, told=told)
        self._fare(kind, fate)

    @move(6, kind=KIND, left=ON_UNKNOWN, late=ENDED, pick=PICK, told=st.booleans())
    def wake_up(self, kind: Kind, left: str, late: str, pick: int, *, told: bool) -> None:
        """A process is stopped with a call on its way, somebody else gives that up, and then its answer comes after all."""
        self.serve_lane(kind, 1, left, [], "dies", told=told)
        self.serve_lane(kind, 1, left, ["delivered"], "goes", told=told)
        self.answer_late(2 * pick + 1, late, told=told)

    def _fare(self, kind: Kind, fate: str) -> None:
        if fate in PAUSES:
            self.leave(kind, PAUSES[fate], holds=fate != "cannot write")
        elif fate == "dies":
            self.overtake(kind)
            self.clock.move(16.0)
            self.look()

    def overtake(self, kind: Kind) -> None:
        """Whoever had the lane has it no more, and may not know that."""
        turn = self.turns.pop(kind, None)
        if turn:
            self.former.append((kind, turn.lease))
            self.zombies += [(kind, each) for each in turn.open]

    def begun(self, kind: Kind, lease: Lease, limit: int) -> Claim:
        """Claim, and compare what is begun with what may be."""
        lane = LANES[kind]
        due, flight = self.picture.due(lane), self.picture.flight(lane)
        head, strict = self.head(kind), self.strict and kind == "delivery"
        ready = {each for each, at in due.items() if at <= self.now}
        ready = ready & {head} if head else ready
        stands = lease.revision == self.store.destinations.get("here").revision
        runs = stands and self.runs(kind)
        most = 0 if not runs or (strict and flight) else min(limit, 1 if strict else limit, len(ready))

        claim = self.store.lanes.claim(lease, limit)

        assert most == len(claim.attempts)
        assert {each.id for each in claim.attempts} <= ready
        assert all(self.now >= self.not_before.get(each.id, 0) for each in claim.attempts)
        self._ask_again(lease, limit, claim)
        self.look()
        assert self.now + HELD == self.next_look(kind) == self.moment(kind, "lease_until")
        assert {each.id: self.now for each in claim.attempts}.items() <= self.picture.flight(lane).items()
        return claim

    def _ask_again(self, lease: Lease, limit: int, claim: Claim) -> None:
        """The answer to a claim got lost; and one that was made before it arrives after it."""
        again = self.store.lanes.claim_again(lease, limit)
        earlier = self.store.lanes.claim_again(replace(lease, claims=lease.claims - 1), limit)

        assert {each.id: each.item for each in claim.attempts} == {
            each.id: each.item for each in again.attempts
        }
        assert () == earlier.attempts or claim.attempts == ()

    @move(4, pick=PICK, name=ENDED, told=st.booleans())
    def settle(self, pick: int, name: str, *, told: bool) -> None:
        """An attempt of a turn ends."""
        if not (any(turn.open for turn in self.turns.values())):
            return
        kind, claimed = self._take(pick, [(kind, turn.open) for kind, turn in self.turns.items()])
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

    @move(8, pick=PICK, name=ENDED, told=st.booleans())
    def answer_late(self, pick: int, name: str, *, told: bool) -> None:
        """A process whose lane is another's has its answer after all: mostly one that nobody overruled yet."""
        stands = [each for each in self.zombies if self.may_settle(*each, known=True)]
        zombies = stands if stands and pick % 2 else self.zombies
        if zombies:
            self.end(*zombies[pick % len(zombies)], name, told=told)

    @move(2, pick=PICK, for_good=st.booleans())
    def crash(self, pick: int, *, for_good: bool) -> None:
        """The turn's process dies, or is stopped; sometimes for longer than its lease."""
        if not self.turns:
            return
        self.overtake(list(self.turns)[pick % len(self.turns)])
        if for_good:
            self.clock.move(16.0)

    @move(3, pick=PICK)
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

    @move(2, pick=PICK, pause=st.sampled_from([0.0, 0.0, MAY_FLY]), holds=st.booleans())
    def go(self, pick: int, pause: float, *, holds: bool) -> None:
        """The turn ends. What it has on the way stays in its hands for a while, or its end could not be written."""
        if self.turns:
            self.leave(list(self.turns)[pick % len(self.turns)], pause, holds=holds)

    def leave(self, kind: Kind, pause: float, *, holds: bool) -> None:
        """Give a lane back. Whatever is on its way is a zombie from then on, though it may be known to be held."""
        turn, lane = self.turns.pop(kind), LANES[kind]
        held = self.look().flight(lane)
        if holds:
            held = held | {each: self.now + HELD for each in held if self._began(turn, kind, each)}
            self.store.lanes.hold(turn.lease)
        self.store.lanes.release(turn.lease, pause)
        self.look()
        self.left_at[kind] = self.now
        self.zombies += [(kind, each) for each in turn.open]
        assert held == self.picture.flight(lane)
        assert self.look_after(kind, pause) == self.next_look(kind)
        assert (self.now + round(pause * 1000) if pause else 0) == self.moment(kind, "not_before")

    def _began(self, turn: Turn, kind: Kind, identifier: str) -> bool:
        return self.item(kind, identifier)["token"].startswith(f"{turn.lease.token}.")

    @move(2, how=st.sampled_from(["watch", "turn", "no seat"]), kind=KIND)
    def find(self, how: str, kind: Kind) -> None:
        """A watch looks at the list, or a turn that is done does, and nobody comes; or somebody does and cannot stay."""
        looks = self.picture.scores(keys.attention(SHARD))
        come = [name for _, name in sorted((at, name) for name, at in looks.items() if at <= self.now)]
        if how == "no seat":
            come = [LANES[kind].name] if self.moment(kind, "lease_until") <= self.now else []
            self.store.lanes.come_back(LANES[kind], HANDOVER / 1000)
        else:
            most = 2 if how == "watch" else 1
            assert come[:most] == [lane.name for lane in self._found(how, most)]
            del come[most:]
        self.look()
        assert all(self.is_asked_for(each) for each, lane in LANES.items() if lane.name in come)

    def _found(self, how: str, most: int) -> list[Lane]:
        if how == "watch":
            return self.store.lanes.whose_time_has_come(most)
        found = self.store.lanes.one_whose_time_has_come()
        return [found] if found else []
