"""An attempt whose worker died is ended, also where nothing can be begun: to end it takes no call."""

from __future__ import annotations

from typing import Any

import pytest

from relay.oauth import Later
from relay.store import Lane, keys
from tests.conftest import MakeSettings
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.store.one_lane import OneLane
from workers.turn import serve
from workers.work import work_on

LINK = GOOD_RECORDS["create_scheduling_link"]
OTHER_KEY = "another secret key that is only for tests"


def left_behind(rig: Rig, **changes: Any) -> tuple[OneLane, list[str]]:
    """Give a lane with two deliveries, of which one is in the hands of a worker that died."""
    rig.destination("create_scheduling_link", **changes)
    deliveries = rig.accept([LINK, LINK])
    lane = OneLane(rig.store, make=False)
    lane.claim(limit=1)
    lane.die()
    return lane, deliveries


def states(rig: Rig, deliveries: list[str]) -> list[str]:
    """Give the states of deliveries."""
    return [rig.delivery(each).state for each in deliveries]


def writes(rig: Rig) -> int:
    """Count the calls that changed something at Calendly."""
    return len([call for call in rig.sandbox.calls() if call.method != "GET"])


def test_without_a_usable_token(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authorization server is away for hours: what is in doubt may be canceled, and the rest waits."""
    lane, deliveries = left_behind(rig)
    monkeypatch.setattr(type(rig.services.grants), "usable", lambda *_: Later(30.0, "it is away"))

    serve(rig.services, lane.lane)

    assert (["retrying", "queued"], 0) == (states(rig, deliveries), writes(rig))
    assert "active" == rig.store.destinations.get("here").state
    rig.manage("POST", f"/deliveries/{deliveries[0]}/cancel")


def test_without_its_credential(rig: Rig) -> None:
    """The destination pauses, and can be deleted with what waits in it."""
    lane, deliveries = left_behind(rig)
    rig.store.redis.delete(keys.credential("acme"))

    serve(rig.services, lane.lane)

    assert (["retrying", "queued"], 0) == (states(rig, deliveries), writes(rig))
    assert "paused" == rig.store.destinations.get("here").state
    rig.manage("DELETE", "/destinations/here", {"discard": 2})


def test_a_callback_by_a_worker_that_cannot_open_its_secret(rig: Rig, make_settings: MakeSettings) -> None:
    """It waits for a worker that can, and none of those that wait is touched."""
    rig.destination("create_scheduling_link")
    rig.accept([LINK, LINK])
    serve(rig.services, Lane("delivery", "here"))
    lane = OneLane(rig.store, "here", "callback", make=False)
    _, (left,) = lane.claim(limit=1)
    (waits,) = lane.due()
    lane.die()
    other = Rig(make_settings(sandbox_url=rig.sandbox.url, secret_keys=(OTHER_KEY,)), rig.sandbox)

    serve(other.services, lane.lane)

    assert ("retrying", "queued") == (lane.state(left.id), lane.state(waits))
    assert [] == rig.sandbox.callbacks("here")


def test_while_calendly_hangs_and_there_is_no_room_aside(rig: Rig) -> None:
    """The lane is put off, with what waits in it, but not before what was left is ended."""
    lane, deliveries = left_behind(rig)
    work = work_on(rig.services, lane.lane)
    assert work is not None
    rig.services.room.hangs(work.whom)
    while rig.services.room.enter(0):
        pass

    serve(rig.services, lane.lane)

    assert (["retrying", "queued"], 0) == (states(rig, deliveries), writes(rig))
