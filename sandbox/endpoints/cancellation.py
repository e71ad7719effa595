"""Canceling an event: once, before it starts, by a host or a manager."""

from __future__ import annotations

from sandbox.access import may_touch
from sandbox.call import Answer, Call, Operation
from sandbox.endpoints.finding import find
from sandbox.entities import Cancellation
from sandbox.refusals import denied
from sandbox.resources import cancellation

LONGEST_REASON = 10_000


def cancel(call: Call) -> Answer:
    """Cancel the event and all its invitees."""
    fields = call.fields()
    reason = fields.text("reason", required=False, longest=LONGEST_REASON)
    fields.check()
    event = find(call.state.events, call.ids["uuid"])
    if not may_touch(call.membership, event):
        raise denied("You are not allowed to cancel this event")
    if event.status == "canceled":
        raise denied("Event is already canceled")
    if event.start_time <= call.now:
        raise denied("Event in the past")
    made = Cancellation(call.user.name, reason or None, call.now)
    event.cancel(made)
    return 201, {"resource": cancellation(made)}


OPERATIONS = (
    Operation(
        "POST", "/scheduled_events/<uuid>/cancellation", "scheduled_events:write", cancel, takes_body=True
    ),
)
