"""Noting what a call will be about, before it is sent: by the attempt in flight and nobody else."""

from __future__ import annotations

import pytest

from relay.store import Store
from tests.service.store.one_lane import OneLane, ended

FOUND = (
    '{"fields":{"event_uuid":"E1"},"thing":{"uri":"https://x/scheduled_events/E1","n":12345678901234567890}}'
)


def test_a_note_stays_through_later_attempts(store: Store) -> None:
    """As it was written, to the last digit."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, claimed = here.claim_one()

    written = store.lanes.note(here.lane, identifier, claimed.token, "found", FOUND)
    here.settle(claimed, ended("retrying", wait=0.0))
    store.lanes.release(lease)
    _, again = here.claim_one()

    assert written
    assert FOUND == again.item["found"]
    assert {"event_uuid": "E1"} == (store.deliveries.get(identifier).found or {})["fields"]


def test_an_empty_note_takes_it_away(store: Store) -> None:
    """What Calendly no longer knows is looked up anew."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    store.lanes.note(here.lane, identifier, claimed.token, "found", FOUND)

    store.lanes.note(here.lane, identifier, claimed.token, "found", "")

    assert "found" not in here.item(identifier)
    assert store.deliveries.get(identifier).found is None


def test_an_older_token_notes_nothing(store: Store) -> None:
    """A worker that slept must not send: somebody else has begun by now."""
    here = OneLane(store)
    (identifier,) = here.accept()
    lease, old = here.claim_one()
    here.settle(old, ended("retrying", wait=0.0))
    store.lanes.release(lease)
    here.claim_one()

    written = store.lanes.note(here.lane, identifier, old.token, "found", FOUND)

    assert not written
    assert "found" not in here.item(identifier)


def test_an_attempt_that_was_settled_notes_nothing(store: Store) -> None:
    """Its token still stands, but somebody decided about it: what comes now would be sent beside that."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    here.settle(claimed, ended("retrying", wait=60.0, known=False))

    assert not store.lanes.note(here.lane, identifier, claimed.token, "found", FOUND)


@pytest.mark.parametrize("held", [True, False])
def test_who_lost_the_lane_notes_nothing_unless_he_holds_his_attempts(store: Store, held: bool) -> None:
    """The next turn has read what was noted, and says by that what may have been sent."""
    here = OneLane(store)
    here.accept()
    lease, claimed = here.claim_one()
    if held:
        store.lanes.hold(lease)
        store.lanes.release(lease)
    here.die()
    taken = here.lease()

    written = store.lanes.note(here.lane, claimed.id, claimed.token, "found", FOUND)

    assert held == written == (not taken.left_in_flight)


def test_nothing_is_noted_of_what_is_gone(store: Store) -> None:
    """No hash comes into being by it."""
    here = OneLane(store)
    identifier = store.new_delivery_id("here")

    assert not store.lanes.note(here.lane, identifier, "", "found", FOUND)
    assert {} == here.item(identifier)


def test_a_retry_by_hand_looks_up_anew(store: Store) -> None:
    """The person who retries means what stands at Calendly now."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    store.lanes.note(here.lane, identifier, claimed.token, "found", FOUND)
    here.settle(claimed, ended("dead"))

    store.operations.retry(identifier)

    assert store.deliveries.get(identifier).found is None


def test_a_retry_by_hand_keeps_what_may_be_used_up(store: Store) -> None:
    """After silence the call may have worked: looked up anew, the thing would not be there, or be another one."""
    here = OneLane(store)
    (identifier,) = here.accept()
    _, claimed = here.claim_one()
    store.lanes.note(here.lane, identifier, claimed.token, "found", FOUND)
    here.settle(claimed, ended("uncertain", values={"after_unknown": "1"}))

    store.operations.retry(identifier)

    assert {"event_uuid": "E1"} == (store.deliveries.get(identifier).found or {})["fields"]
