"""Calendly's endpoints, one file per family."""

from __future__ import annotations

from sandbox.call import Operation
from sandbox.endpoints import (
    bookings,
    cancellation,
    data_deletion,
    event_types,
    invitations,
    memberships,
    no_shows,
    scheduled_events,
    scheduling_links,
    users,
    webhook_subscriptions,
)

OPERATIONS: tuple[Operation, ...] = (
    *users.OPERATIONS,
    *event_types.OPERATIONS,
    *scheduled_events.OPERATIONS,
    *cancellation.OPERATIONS,
    *bookings.OPERATIONS,
    *no_shows.OPERATIONS,
    *scheduling_links.OPERATIONS,
    *memberships.OPERATIONS,
    *invitations.OPERATIONS,
    *webhook_subscriptions.OPERATIONS,
    *data_deletion.OPERATIONS,
)
