"""Acceptance against a model in plain Python: batches, dedupe keys, repeated requests, and turns and people in between."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.errors import QueueFull
from relay.model.destination import BatchSettings, DeliverySettings
from relay.store import Store
from relay.store.acceptance import OtherBody, OtherRecords, Request
from relay.store.attempts import Claimed, Lease, NewPart
from relay.store.batched import halves_of
from tests.service.store.one_lane import OneLane, ended

SIZE, HEAVIEST, MOST_WAITING = 3, 5, 4
BATCH = BatchSettings(size=SIZE, window=3600)  # seconds that no run takes: windows pass when a rule says so
RECORD = st.tuples(
    st.sampled_from(["g1", "g1", "g2"]),  # group
    st.integers(1, 3),  # weight
    st.sampled_from(["", "", "a", "b", "c"]),  # dedupe key
    st.sampled_from(["s.1", "s.1", "s.1", "s.2", "t.1"]),  # digest
)
PICK = st.integers(0, 50)


@dataclass
class Batch:
    """A delivery as the model has it."""

    group: str
    records: list[int] = field(default_factory=list)
    weight: int = 0
    state: str = "collecting"
    late: bool = False  # its window has passed


class AcceptanceMachine(RuleBasedStateMachine):
    """A model of one destination that batches, beside the real one."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        store.redis.flushall()
        self.store = store
        delivery = DeliverySettings(max_waiting=MOST_WAITING)
        self.here = OneLane(store, batch=BATCH, delivery=delivery)
        self.model: dict[str, Batch] = {}
        self.open: dict[str, str] = {}
        self.seen: dict[str, tuple[str, str]] = {}
        self.requests: dict[str, tuple[str, list[str]]] = {}
        self.count = 0
        self.lease: Lease | None = None
        self.flying: list[Claimed] = []

    @rule(
        records=st.lists(RECORD, min_size=1, max_size=5),
        key=st.sampled_from(["", "", "", "k1", "k2"]),
        twice=st.booleans(),
    )
    def accept(self, records: list[tuple[str, int, str, str]], key: str, *, twice: bool) -> None:
        """A request comes; sometimes its answer gets lost, and it comes again."""
        new, numbers = [], []
        for group, weight, dedupe, digest in records:
            self.count += 1
            numbers.append(self.count)
            named: dict[str, Any] = {
                "record": {"n": self.count},
                "fields": {},
                "group": group,
                "weight": weight,
            }
            new += self.here.new(**named, dedupe=dedupe, digest=digest)
        request = Request(key=key or f"own-{self.count}", digest=str(records), keep=60_000)
        expected = self._expected(request, new, numbers)

        for _ in range(1 + twice):
            try:
                answer: Any = self.here.accept(new, request=request, heaviest=HEAVIEST)
            except OtherBody:
                answer = "other body"
            except QueueFull:
                answer = "full"
            except OtherRecords as exc:
                answer = exc.places
            assert expected == answer

    @precondition(lambda self: bool(self.requests))
    @rule(pick=PICK)
    def accept_again(self, pick: int) -> None:
        """A request comes again much later, and is answered as it was."""
        key = list(self.requests)[pick % len(self.requests)]
        digest, ids = self.requests[key]
        assert ids == self.here.accept(1, request=Request(key=key, digest=digest, keep=60_000))

    def _expected(self, request: Request, new: list[Any], numbers: list[int]) -> Any:
        """Say what the store has to answer, and take it over into the model if it is stored."""
        if request.key in self.requests:
            digest, ids = self.requests[request.key]
            return ids if digest == request.digest else "other body"
        others = self._others(new)
        if others:
            return others
        model, open_, seen = dict(self.model), dict(self.open), dict(self.seen)
        self.model = {name: replace(each, records=list(each.records)) for name, each in model.items()}
        ids = [self._join(each, number) for each, number in zip(new, numbers, strict=True)]
        waiting = sum(
            each.state in {"collecting", "queued", "sending", "retrying"} for each in model.values()
        )
        added = len(self.model) - len(model)
        if added and waiting and waiting + added > MOST_WAITING:
            self.model, self.open, self.seen = model, open_, seen
            return "full"
        self.requests[request.key] = (request.digest, ids)
        return ids

    def _others(self, new: list[Any]) -> tuple[int, ...]:
        known = {name: digest for name, (digest, _) in self.seen.items()}
        others = []
        for place, each in enumerate(new):
            first = known.setdefault(each.dedupe, each.digest) if each.dedupe else each.digest
            if first != each.digest and first.partition(".")[0] == each.digest.partition(".")[0]:
                others.append(place)
        return tuple(others)

    def _join(self, record: Any, number: int) -> str:
        if record.dedupe in self.seen:
            return self.seen[record.dedupe][1]
        name = self.open.get(record.group, "")
        batch = self.model.get(name)
        if batch and batch.weight + record.weight > HEAVIEST:
            self._leave(name)
            batch = None
        if not batch or record.group not in self.open:
            name, batch = record.id, Batch(record.group)
            self.model[name], self.open[record.group] = batch, name
        batch.records.append(number)
        batch.weight += record.weight
        if len(batch.records) >= SIZE:
            self._leave(name)
        if record.dedupe:
            self.seen[record.dedupe] = (record.digest, name)
        return name

    def _leave(self, name: str) -> None:
        batch = self.model[name]
        batch.state = "queued"
        if self.open.get(batch.group) == name:
            del self.open[batch.group]

    @precondition(lambda self: self.lease is None)
    @rule(limit=st.integers(1, 3), windows=st.booleans())
    def come(self, limit: int, *, windows: bool) -> None:
        """A turn comes and claims; sometimes the windows have passed."""
        if windows:
            self.here.make_due()
            for each in self.model.values():
                each.late = True
        self.here.bring_forward()
        self.lease = self.here.lease()
        self.flying = list(self.store.lanes.claim(self.lease, limit).attempts)
        for claimed in self.flying:
            batch = self.model[claimed.id]
            assert batch.state in {"queued", "retrying"} or (batch.late and batch.state == "collecting")
            self._leave(claimed.id)
            batch.state = "sending"

    @precondition(lambda self: bool(self.flying))
    @rule(pick=PICK, state=st.sampled_from(["delivered", "dead", "retrying", "uncertain", "split"]))
    def settle(self, pick: int, state: str) -> None:
        """An attempt ends; what is refused for what is in it is halved."""
        claimed = self.flying.pop(pick % len(self.flying))
        batch = self.model[claimed.id]
        if state != "split" or len(batch.records) < 2:
            batch.state = "dead" if state == "split" else state
            assert self.here.settle(claimed, ended(batch.state, wait=0.0 if state == "retrying" else None))
            return
        parts = [NewPart(self.store.new_delivery_id("here"), half) for half in halves_of(claimed.item)]
        assert self.here.settle(claimed, ended("split", keep=60, parts=tuple(parts)))
        middle = (len(batch.records) + 1) // 2
        for part, records in zip(parts, (batch.records[:middle], batch.records[middle:]), strict=True):
            self.model[part.id] = Batch(batch.group, records, state="queued")
        batch.state, batch.records = "split", []

    @precondition(lambda self: self.lease is not None and not self.flying)
    @rule()
    def go(self) -> None:
        """The turn ends."""
        assert self.lease is not None
        self.store.lanes.release(self.lease)
        self.lease = None

    @precondition(lambda self: any(each.state in {"collecting", "queued"} for each in self.model.values()))
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """A person takes a delivery out, perhaps one that still collects."""
        names = [name for name, each in self.model.items() if each.state in {"collecting", "queued"}]
        name = names[pick % len(names)]
        self._leave(name)
        self.store.operations.cancel(name)
        self.model[name].state = "canceled"

    @rule(state=st.sampled_from(["active", "paused", "active"]))
    def switch(self, state: Any) -> None:
        """A person activates or pauses the destination; what comes is held."""
        if self.lease is None:
            self.store.destinations.set_state("here", state)

    @invariant()
    def the_store_holds_what_the_model_holds(self) -> None:
        """Each record in one delivery, each delivery in one state, and only the open ones are joined."""
        stored = {name: self.store.deliveries.get(name) for name in self.model}
        held = Counter(
            record["n"] for each in stored.values() if each.state != "split" for record in each.records
        )
        assert {name: each.state for name, each in self.model.items()} == {
            name: each.state for name, each in stored.items()
        }
        assert {name: each.records for name, each in self.model.items() if each.state != "split"} == {
            name: [record["n"] for record in each.records]
            for name, each in stored.items()
            if each.state != "split"
        }
        assert set(held.values()) <= {1}
        assert {group: name.encode() for group, name in self.open.items()} == {
            group.decode(): name for group, name in self.here.redis.hgetall(self._open_key()).items()
        }
        assert len(self.model) == self.here.redis.zcard(self._log_key())

    def _open_key(self) -> str:
        return f"{self.here.lane.prefix}open:here"

    def _log_key(self) -> str:
        return f"{self.here.lane.prefix}log:/here"


@pytest.mark.hypothesis
def test_whatever_is_sent_the_store_holds_what_a_model_holds(store: Store) -> None:
    """Requests with and without keys, repeats of records, batches that fill, leave, split and are canceled, in any order."""
    run_state_machine_as_test(
        lambda: AcceptanceMachine(store),  # type: ignore[arg-type]  # hypothesis takes anything that makes a machine
        settings=settings(
            max_examples=settings().max_examples,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],  # to make a failure smaller takes longer than a test may
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
