"""What a Redis takes whose memory is full, or that may not write at all."""

from __future__ import annotations

import pytest

from relay.model.credential import Rate
from relay.store import Store
from tests.service.store.clock import Clock
from tests.service.store.one_lane import OneLane
from tests.service.store.refusals import FULL, NO_REPLICA, Refusing

BEGINS = {"put_destination", "set_state", "accept", "lease", "claim", "note", "grant", "learn", "requeue"}
ENDS = {"settle", "release"}


@pytest.mark.parametrize(
    ("setting", "refused", "went_on"), [(FULL, BEGINS, ENDS), (NO_REPLICA, BEGINS | ENDS, set())]
)
def test_with_no_memory_left_nothing_begins_and_ends_are_written(
    clocked: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    refused: set[str],
    went_on: set[str],
) -> None:
    """The answer in a worker's hands is stored with its callback; all else waits. Where nothing may be written, nothing is."""
    refusing = Refusing(clocked, setting)
    refusing.stand_in(monkeypatch)
    here = OneLane(clocked)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()
    clocked.budget.ask("acme", 1, Rate())
    clocked.budget.learn("acme", 10, 5, 30.0)
    clocked.lanes.note(here.lane, identifier, claimed.token, "found", "{}")
    clock.move(10.0)  # the time is to be noted anew, which a full memory refuses

    here.settle_with_callback(claimed, "dead")
    clocked.lanes.release(lease)
    clocked.operations.retry(identifier)

    assert (refused, went_on) == (refusing.refused, refusing.went_on)
