"""A long backlog: all of it arrives, once, and nobody else waits behind it.

RELAY_TEST_RECORDS sets how many records the backlog has: 10,000 and more are for a longer look.
"""

from __future__ import annotations

import os

import pytest

from tests.system.calendly_double import CalendlyDouble
from tests.system.callback_receiver import CallbackReceiver
from tests.system.upstream import Upstream, cancellations, event_uuid, in_batches, links
from tests.waiting import until

RECORDS = int(os.environ.get("RELAY_TEST_RECORDS") or 600)
A_REQUEST = 200  # records
CALL = (
    0.15  # seconds that each call takes, so that a short backlog lasts for many times what a neighbor waits
)
PATIENCE = 120 + RECORDS / 10  # seconds


@pytest.mark.timeout(PATIENCE + 120)
def test_a_backlog_arrives_once_and_holds_nobody_else(
    upstream: Upstream, calendly: CalendlyDouble, receiver: CallbackReceiver
) -> None:
    """While many wait in one destination, others deliver at once, with another credential or with the same."""
    upstream.credential("other")
    long = upstream.destination("long", "cancel_scheduled_event", delivery={"concurrency": 16})
    neighbors = {
        "same-credential": upstream.destination("same", "create_scheduling_link", receiver.url("same")),
        "other-credential": upstream.destination(
            "other", "create_scheduling_link", receiver.url("other"), credential="other"
        ),
    }
    calendly.delay = CALL
    records = cancellations("long", range(RECORDS))
    ids = [each for batch in in_batches(records, A_REQUEST) for each in upstream.accept(long, batch)]
    left_when_it_arrived = {}
    for name, here in neighbors.items():
        upstream.accept(here, links(here, [0]))
        until(lambda: receiver.named(here), every=0.01)  # noqa: B023  asked at once
        left_when_it_arrived[name] = RECORDS - calendly.changes
    until(lambda: upstream.at_rest(long) == RECORDS, PATIENCE)
    log = upstream.log(long)

    assert min(left_when_it_arrived.values()) > 0, left_when_it_arrived
    assert {event_uuid("long", n): 1 for n in range(RECORDS)} | {"same-00000": 1, "other-00000": 1} == dict(
        calendly.counts()
    )
    assert set(ids) == set(log)
    assert {("delivered", 1)} == {(each["state"], each["attempts"]) for each in log.values()}
