"""One lane under everything that can happen to it, in any order: after each step the invariants hold."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.errors import Conflict
from relay.model.delivery import SETTLED, WAITING
from relay.model.destination import BatchSettings
from relay.store import Store, keys
from relay.store.lanes import Claimed, Ending, Lease, LeaseLost
from relay.store.replays import Selection
from tests.service.store.one_lane import OneLane, ended
from tests.waiting import until

ENDINGS: dict[str, Ending] = {
    "delivered": ended("delivered"),
    "dead": ended("dead"),
    "again now": ended("retrying", wait=0.0),
    "again later": ended("retrying", wait=30.0),
    "unknown, to a person": ended("uncertain", known=False),
    "unknown, repeated": ended("retrying", wait=0.0, known=False),
}
UNKNOWN = [name for name, ending in ENDINGS.items() if not ending.known]
PICK = st.integers(min_value=0, max_value=50)


class LaneMachine(RuleBasedStateMachine):
    """A model of one lane beside the real one."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        store.redis.flushall()
        self.store = store
        self.here = self.made_anew()
        self.ids: list[str] = []
        self.gone: set[str] = set()  # deliveries of destinations that were deleted
        self.lease: Lease | None = None
        self.left: list[Claimed] = []  # what the turn that holds the lease found in flight
        self.open: list[Claimed] = []  # what it began itself
        self.zombies: list[Claimed] = []  # attempts whose turn died, and whose answer may still come
        self.former: list[Lease] = []

    def made_anew(self) -> OneLane:
        """Make the destination, later than whatever came before it."""
        here = OneLane(self.store, make=False)
        before = here.now()
        until(lambda: here.now() > before, every=0.0005)
        return OneLane(self.store, batch=BatchSettings(size=3, window=20))

    @rule(number=st.integers(min_value=1, max_value=3), group=st.sampled_from(["", "", "g", "h"]))
    def accept(self, number: int, group: str) -> None:
        """Upstream sends records; some of them share deliveries."""
        if len(self.ids) < 8:
            accepted = self.here.accept(self.here.new(number, group=group))
            self.ids += [each for each in dict.fromkeys(accepted) if each not in self.ids]

    @precondition(lambda self: self.lease is None)
    @rule()
    def come(self) -> None:
        """A turn comes."""
        self.lease = self.store.lanes.lease(self.here.lane)
        self.left = list(self.lease.left_in_flight) if self.lease else []

    @precondition(lambda self: self.lease is not None)
    @rule(limit=st.integers(min_value=0, max_value=3), twice=st.booleans())
    def claim(self, limit: int, *, twice: bool) -> None:
        """The turn claims; sometimes the answer gets lost, and it asks again."""
        assert self.lease is not None
        claim = self.store.lanes.claim(self.lease, limit)
        if twice:
            again = self.store.lanes.claim_again(self.lease, limit)
            assert limit == 0 or sorted(each.id for each in claim.attempts) == sorted(
                each.id for each in again.attempts
            )
        self.open += claim.attempts

    @precondition(lambda self: bool(self.open))
    @rule(pick=PICK, kind=st.sampled_from(sorted(ENDINGS)), twice=st.booleans())
    def settle(self, pick: int, kind: str, *, twice: bool) -> None:
        """An attempt of the turn ends; sometimes the answer of Redis gets lost, and the end is written again."""
        claimed = self.open.pop(pick % len(self.open))
        assert self.here.settle(claimed, ENDINGS[kind])
        if twice:
            assert not self.here.settle(claimed, ENDINGS[kind])

    @precondition(lambda self: bool(self.left))
    @rule(pick=PICK, kind=st.sampled_from(UNKNOWN))
    def give_up(self, pick: int, kind: str) -> None:
        """The turn writes the end of what an earlier one left in flight."""
        claimed = self.left.pop(pick % len(self.left))
        stood = self.here.item(claimed.id)
        written = self.here.settle(claimed, ENDINGS[kind])
        assert written == (stood["state"] == "sending" and stood["token"] == claimed.token)

    @precondition(lambda self: self.lease is not None)
    @rule()
    def crash(self) -> None:
        """The turn's process dies, or seems to, for longer than its lease."""
        assert self.lease is not None
        self.former.append(self.lease)
        self.zombies += self.open
        self.lease, self.left, self.open = None, [], []
        self.here.die()

    @precondition(lambda self: bool(self.zombies))
    @rule(pick=PICK, kind=st.sampled_from(sorted(ENDINGS)))
    def answer_late(self, pick: int, kind: str) -> None:
        """A process that was thought dead has its answer after all."""
        claimed = self.zombies[pick % len(self.zombies)]
        before = self.here.item(claimed.id)
        sending = before["state"] == "sending"
        own = before.get("token") == claimed.token
        may = own and (sending or (ENDINGS[kind].known and before.get("known") == "0"))
        may = may and claimed.id not in self.gone

        assert may == self.here.settle(claimed, ENDINGS[kind])
        if not may:
            assert before == self.here.item(claimed.id)

    @precondition(lambda self: bool(self.former))
    @rule(pick=PICK)
    def claim_late(self, pick: int) -> None:
        """A process that was thought dead tries to begin more: refused, unless nobody else has come."""
        lease = self.former.pop(pick % len(self.former))
        with suppress(LeaseLost):
            claim = self.store.lanes.claim(lease, 2)
            assert self.lease is None
            self.lease, self.left, self.open = lease, [], list(claim.attempts)

    @precondition(lambda self: self.lease is not None and not self.open)
    @rule(not_before=st.sampled_from([0.0, 0.0, 30.0]))
    def go(self, not_before: float) -> None:
        """The turn ends."""
        assert self.lease is not None
        self.store.lanes.release(self.lease, not_before)
        self.lease, self.left = None, []

    @rule()
    def find(self) -> None:
        """A watch looks at the list, and its turn gets lost on the way."""
        self.store.lanes.whose_time_has_come(1)

    @rule()
    def time_passes(self) -> None:
        """What waited is due."""
        for name in self.here.due():
            self.store.redis.zadd(keys.due(self.here.lane), {name: 1})
        self.store.redis.hdel(keys.lane_of(self.here.lane), "not_before")
        if self.lease is None:
            self.here.bring_forward()

    @rule(state=st.sampled_from(["active", "paused", "active"]))
    def switch(self, state: Any) -> None:
        """A person activates or pauses the destination."""
        self.store.destinations.set_state("here", state)

    @precondition(lambda self: bool(self.ids))
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        """A person puts a delivery back."""
        identifier = self.ids[pick % len(self.ids)]
        with suppress(Conflict):
            self.store.operations.retry(identifier)
            assert "queued" == self.here.state(identifier)

    @precondition(lambda self: bool(self.ids))
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """A person takes a delivery out."""
        identifier = self.ids[pick % len(self.ids)]
        with suppress(Conflict):
            self.store.operations.cancel(identifier)
            assert "canceled" == self.here.state(identifier)

    @precondition(lambda self: bool(self.ids))
    @rule(pick=PICK, settled=st.sampled_from(["delivered", "dead"]))
    def resolve(self, pick: int, settled: Any) -> None:
        """A person says what became of a delivery."""
        seen = self.store.deliveries.get(self.ids[pick % len(self.ids)])
        with suppress(Conflict):
            self.store.operations.resolve(seen, settled, "Resolved by hand.", None)
            assert ("uncertain", settled) == (seen.state, self.here.state(seen.id))

    @rule(
        state=st.sampled_from(["dead", "canceled", "uncertain"]), limit=st.integers(min_value=1, max_value=3)
    )
    def replay(self, state: Any, limit: int) -> None:
        """A person puts many back."""
        before = {each: self.here.state(each) for each in self.ids}
        selection = Selection(state=state, limit=limit, may_repeat=True)

        done = self.store.replays.run(self.store.destinations.get("here"), selection)

        after = {each: self.here.state(each) for each in self.ids}
        moved = [each for each in self.ids if before[each] != after[each]]
        assert sorted(each for each in self.ids if before[each] == state)[:limit] == sorted(moved)
        assert (len(moved), {"queued"} if moved else set()) == (
            done.replayed,
            {after[each] for each in moved},
        )

    @rule()
    def delete(self) -> None:
        """A person deletes the destination with what waits, and makes it anew before that is ended."""
        waiting = sum(self.here.state(each) in {*WAITING, "uncertain"} for each in self.ids)
        with suppress(Conflict):
            self.store.destinations.delete("here", waiting)
            self.gone |= set(self.ids)
            if self.lease:
                self.former.append(self.lease)
            self.ids, self.lease, self.left = [], None, []
            self.here = self.made_anew()
            return
        assert self.here.flight()

    @rule()
    def finish_discards(self) -> None:
        """Somebody ends what deletions left over."""
        assert self.store.discards.finish(60.0)
        assert set(SETTLED) >= {self.here.state(each) for each in self.gone}

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        """Nothing of a destination that was deleted waits or flies in the one that has its id now."""
        assert not self.gone & {*self.here.due(), *self.here.flight()}

    @invariant()
    def open_batches_collect(self) -> None:
        """Whatever a record may still join has not left."""
        redis: Any = self.store.redis
        for raw in redis.hvals(f"{self.here.lane.prefix}open:here"):
            assert "collecting" == self.here.state(raw.decode())

    @invariant()
    def each_delivery_is_in_one_place(self) -> None:
        """One state log names it, its own; it waits, flies or rests, as its state says."""
        due, flight = self.here.due(), self.here.flight()
        for identifier in self.ids:
            item = self.here.item(identifier)
            state = item["state"]
            assert [state] == self.here.logged(identifier)
            assert [state] == self.here.logged(identifier, everywhere=True)
            assert (state in WAITING) == (identifier in due)
            assert (state == "sending") == (identifier in flight)
            begun = [json.loads(text) for name, text in item.items() if name.startswith("attempt:")]
            assert (state == "sending") == (1 == sum("ended_at" not in each for each in begun))
            assert (state in SETTLED) == (self.store.redis.ttl(keys.delivery(identifier)) > 0)
        assert len(self.ids) >= len(due) + len(flight)

    @invariant()
    def nothing_waits_unattended(self) -> None:
        """Where something waits in an active lane, or flies in any, somebody comes, and no later than promised."""
        look, now = self.here.next_look(), self.here.now()
        active = self.store.destinations.get("here").state == "active"
        lane = self.store.redis.hgetall(keys.lane_of(self.here.lane))
        promised = [int(lane.get(name, 0)) for name in (b"lease_until", b"asked_until", b"not_before")]
        first = self.store.redis.zrange(keys.due(self.here.lane), 0, 0, withscores=True)
        if active and first:
            assert look is not None
            assert look <= max(now, int(first[0][1]), *promised)
        if self.here.flight():
            assert look is not None
            assert look <= max(now, *promised)

    def teardown(self) -> None:
        """However it stands, a few turns bring every delivery to its end."""
        self.finish_discards()
        self.store.destinations.set_state("here", "active")
        for _ in range(4):
            self.here.die()
            self.here.make_due()
            lease = self.store.lanes.lease(self.here.lane)
            assert lease is not None
            for left in lease.left_in_flight:
                self.here.settle(left, ENDINGS["unknown, repeated"])
            for claimed in self.store.lanes.claim(lease, 100).attempts:
                assert self.here.settle(claimed)
            self.store.lanes.release(lease)

        assert ([], [], None) == (self.here.due(), self.here.flight(), self.here.next_look())
        assert {*SETTLED, "uncertain"} >= {self.here.state(identifier) for identifier in self.ids}


def test_whatever_happens_to_a_lane_the_invariants_hold(store: Store) -> None:
    """Accepting, turns that come, die and answer late, pauses, retries and cancellations, in any order."""
    run_state_machine_as_test(
        lambda: LaneMachine(store),  # type: ignore[arg-type]  # hypothesis takes anything that makes a machine
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
