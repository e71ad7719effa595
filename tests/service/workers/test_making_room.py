"""Lanes make room for each other, and a turn notices when its settings are no longer those that stand."""

from __future__ import annotations

from relay.store import Lane, keys
from sandbox.receiver import Reply
from sandbox.server import Sandbox
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.turn import serve

CALLBACKS = Lane("callback", "here")


def next_look(rig: Rig, lane: Lane) -> float:
    """Give the seconds until somebody comes to a lane."""
    at = rig.store.redis.zscore(keys.attention(lane.shard), lane.name)
    assert at is not None
    seconds, micros = rig.store.redis.time()
    return at / 1000 - seconds - micros / 1e6


def test_a_lane_without_a_seat_comes_back_soon(rig: Rig) -> None:
    """It need not wait for a handover to run out, and those who sit learn that somebody stands."""
    rig.destination("create_scheduling_link")
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    serve(rig.services, Lane("delivery", "here"))
    for _ in range(rig.settings.worker_threads // 2):
        rig.services.callback_seats.take()

    serve(rig.services, CALLBACKS)

    assert next_look(rig, CALLBACKS) < 1
    assert rig.services.callback_seats.missed_at > 0
    assert [] == rig.told()


def test_a_receiver_that_answers_nothing_is_left_alone_for_a_while(
    make_settings: MakeSettings, sandbox: Sandbox
) -> None:
    """Its lane holds no thread meanwhile: others need it more."""
    rig = Rig(
        make_settings(sandbox_url=sandbox.url, callback_timeout=0.05, callback_retries=(0.01,) * 9), sandbox
    )
    rig.credential()
    rig.destination("create_scheduling_link")
    sandbox.receiver.tell_replies("here", [Reply(kind="hang", seconds=0.5)])
    rig.accept([GOOD_RECORDS["create_scheduling_link"]] * 6)
    serve(rig.services, Lane("delivery", "here"))

    serve(rig.services, CALLBACKS)

    assert next_look(rig, CALLBACKS) > 5


def test_a_turn_begins_nothing_with_settings_that_were_changed(rig: Rig) -> None:
    """After a change of the destination, even its pause and activation, the next turn reads everything anew."""
    here = OneLane(rig.store)
    here.accept(3)
    lease = here.lease()
    lease.revision = rig.store.destinations.get("here").revision
    began = len(rig.store.lanes.claim(lease, 1).attempts)
    rig.store.destinations.set_state("here", "paused")
    rig.store.destinations.set_state("here", "active")

    claim = rig.store.lanes.claim(lease, 2)

    assert (1, (), 0) == (began, claim.attempts, claim.due)


def test_a_fault_before_a_lane_is_served_does_not_lock_it(rig: Rig) -> None:
    """Another worker may do better, and should not have to wait for a lease to run out."""
    rig.destination("create_scheduling_link")
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.store.redis.hset(keys.destination("here"), "settings", "{}")

    serve(rig.services, Lane("delivery", "here"))

    assert None is rig.store.redis.hget(keys.lane_of(Lane("delivery", "here")), "lease")
    assert next_look(rig, Lane("delivery", "here")) < 6


def test_a_lane_whose_calls_would_hang_is_put_off_while_places_are_short(rig: Rig) -> None:
    """Others of its kind hang already, and those that get answers need the places."""
    rig.destination("create_scheduling_link")
    rig.accept(GOOD_RECORDS["create_scheduling_link"])
    rig.services.room.hangs("calendly/acme")
    for _ in range(rig.settings.worker_threads - 1):
        assert rig.services.room.enter(0)

    serve(rig.services, Lane("delivery", "here"))

    assert 5 < next_look(rig, Lane("delivery", "here")) <= 10
    assert {"queued": 1} == rig.states()
