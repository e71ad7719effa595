"""Destinations in the store: one writer wins, and nothing that waits is ever deleted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from relay.errors import Conflict, UnknownDestination
from relay.store import Store
from relay.store.attempts import LeaseLost
from tests.destinations import a_destination
from tests.service.store.one_lane import OneLane, ended


def test_an_id_is_taken_once(store: Store) -> None:
    """Of twenty who create the same id, one does."""

    def create(number: int) -> bool:
        try:
            store.destinations.create(a_destination(name=f"number {number}"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        created = list(pool.map(create, range(20)))

    assert 1 == sum(created)
    assert f"number {created.index(True)}" == store.destinations.get("here").settings.name


def test_of_two_who_change_the_same_revision_one_does(store: Store) -> None:
    """No change is lost without a word."""
    stands = store.destinations.create(a_destination())
    store.destinations.replace(replace(stands.settings, name="first"), stands.revision)

    with pytest.raises(Conflict):
        store.destinations.replace(replace(stands.settings, name="second"), stands.revision)

    assert "first" == store.destinations.get("here").settings.name


def test_a_change_of_state_counts_as_a_change(store: Store) -> None:
    """Who read it before a pause does not write over what he never saw."""
    stands = store.destinations.create(a_destination())
    store.destinations.set_state("here", "paused", "because")

    with pytest.raises(Conflict):
        store.destinations.replace(stands.settings, stands.revision)


def test_a_new_destination_is_a_draft(store: Store) -> None:
    """Nothing is sent before a person says so."""
    assert "draft" == store.destinations.create(a_destination()).state


def test_only_an_active_destination_is_paused_by_the_relay_itself(store: Store) -> None:
    """A person's pause or draft stays a person's."""
    store.destinations.create(a_destination())
    draft = store.destinations.pause_if_active("here", "its token is refused")
    store.destinations.set_state("here", "active")

    paused = [store.destinations.pause_if_active("here", "its token is refused") for _ in range(2)]

    assert (False, [True, False]) == (draft, paused)
    assert "its token is refused" == store.destinations.get("here").paused_because


def test_activation_clears_the_reason(store: Store) -> None:
    """And notes the moment, from which ages are counted."""
    here = OneLane(store)
    store.destinations.set_state("here", "paused", "because")

    stands = store.destinations.set_state("here", "active")

    assert ("active", "") == (stands.state, stands.paused_because)
    assert stands.activated_at >= stands.created_at
    assert here.lane.destination == stands.settings.id


@pytest.mark.parametrize("state", ["queued", "sending", "retrying", "uncertain"])
def test_a_destination_with_deliveries_that_wait_is_not_deleted(store: Store, state: str) -> None:
    """What was accepted is never lost."""
    here = OneLane(store)
    (identifier,) = here.accept()
    if state != "queued":
        _, claimed = here.claim_one()
        if state != "sending":
            here.settle(claimed, ended(state, wait=600.0 if state == "retrying" else None))

    with pytest.raises(Conflict):
        store.destinations.delete("here")

    assert state == here.state(identifier)
    assert "here" == store.destinations.get("here").settings.id


def test_a_destination_with_callbacks_that_wait_is_not_deleted(store: Store) -> None:
    """What became of a delivery is still told."""
    here = OneLane(store)
    here.accept()
    _, claimed = here.claim_one()
    here.settle_with_callback(claimed)

    with pytest.raises(Conflict):
        store.destinations.delete("here")

    assert 1 == len(here.callbacks.due())


def test_a_deleted_destination_leaves_no_lane_behind(store: Store) -> None:
    """A turn that still held the lease can begin nothing, and files nothing."""
    here = OneLane(store)
    lease = here.lease()

    store.destinations.delete("here")
    store.lanes.release(lease)

    assert None is here.next_look()
    with pytest.raises(LeaseLost):
        store.lanes.claim(lease, 1)
    with pytest.raises(UnknownDestination):
        here.accept()


def test_what_does_not_exist_can_be_neither_changed_nor_deleted(store: Store) -> None:
    """Each says so."""
    with pytest.raises(UnknownDestination):
        store.destinations.replace(a_destination(), 1)
    with pytest.raises(UnknownDestination):
        store.destinations.set_state("here", "active")
    with pytest.raises(UnknownDestination):
        store.destinations.delete("here")
    assert [] == store.destinations.all()
