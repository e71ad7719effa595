"""Which webhook events exist, in which scopes they may be subscribed to, and what a token needs for them."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.fields import Fields

SCOPES = ("organization", "user", "group")

# Per family: the scope a token needs, the events, and the subscription scopes that may carry them.
FAMILIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "scheduled_events:read",
        ("invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"),
        SCOPES,
    ),
    ("event_types:read", ("event_type.created", "event_type.updated", "event_type.deleted"), SCOPES),
    ("contacts:read", ("contact.created", "contact.updated", "contact.deleted"), SCOPES),
    (
        "meeting_recaps:read",
        ("meeting_recap.created", "meeting_recap.updated", "meeting_recap.deleted"),
        ("user",),
    ),
    ("routing_forms:read", ("routing_form_submission.created",), ("organization",)),
)
TOKEN_SCOPE = {event: scope for scope, events, _ in FAMILIES for event in events}
ALLOWED_SCOPES = {event: allowed for _, events, allowed in FAMILIES for event in events}
PAID_FAMILIES = ("meeting_recap.", "routing_form_submission.")


def check_events(fields: Fields, events: list[str], scope: str) -> None:
    """Note events that are unknown, named twice, or not to be had in that scope."""
    if len(set(events)) != len(events):
        fields.blame("events", "must be unique")
    for index, event in enumerate(events):
        if event not in ALLOWED_SCOPES:
            fields.blame(f"events[{index}]", "is not a known event")
        elif scope and scope not in ALLOWED_SCOPES[event]:
            fields.blame(f"events[{index}]", f"is not available for the scope {scope}")


def scopes_of(events: Iterable[str]) -> set[str]:
    """Name the token scopes that a subscription to these events needs besides its own."""
    return {TOKEN_SCOPE[event] for event in events}


def needs_paid_plan(events: Iterable[str]) -> bool:
    """Whether some of the events are to be had on paid plans only."""
    return any(event.startswith(PAID_FAMILIES) for event in events)
