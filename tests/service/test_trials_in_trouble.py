"""Test sends when something dies: whoever asked is told what became of the call, or the call is not made."""

from __future__ import annotations

from typing import Any

import pytest

from relay.errors import StoreUnavailable
from relay.model.delivery import DeliveryLog
from relay.store import Lane, keys
from relay.store.deliveries import Deliveries
from tests.good_records import GOOD_RECORDS
from tests.rig import Rig
from tests.service.test_trials import outcome
from workers.turn import serve

EVENT = "EVENT00000000001"


def test_a_test_whose_asker_died_is_not_sent_later(rig: Rig) -> None:
    """Nobody took it back, and then its lane was not served for long: the call would surprise everybody."""
    rig.destination("cancel_scheduled_event")
    settings = rig.store.destinations.get("here").settings
    identifier = rig.store.new_delivery_id("here")
    rig.store.acceptance.begin_test(settings, identifier, [{"event_uuid": EVENT}], {"event_uuid": EVENT})
    rig.store.redis.hincrby(keys.delivery(identifier), "accepted_at", -60_000)

    serve(rig.services, Lane("test", "here"))

    over = rig.delivery(identifier)
    assert "dead" == over.state
    assert [] == [call for call in rig.sandbox.calls() if call.method == "POST"]
    assert "nothing was sent" in over.reason


def test_a_redis_that_is_away_for_a_moment_ends_no_test(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is made all the same, so whoever asked should see what came of it."""
    rig.destination("cancel_scheduled_event")
    read, failures = Deliveries.get, [StoreUnavailable(), StoreUnavailable()]

    def away_at_first(self: Deliveries, identifier: str) -> DeliveryLog:
        if failures:
            raise failures.pop()
        return read(self, identifier)

    monkeypatch.setattr(Deliveries, "get", away_at_first)
    shown: Any = outcome(rig, record=GOOD_RECORDS["cancel_scheduled_event"])

    assert ("delivered", []) == (shown["state"], failures)
