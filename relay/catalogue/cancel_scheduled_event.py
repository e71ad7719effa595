"""POST /scheduled_events/{uuid}/cancellation: call off a meeting. Invitees are told, and read the reason."""

from __future__ import annotations

from relay.catalogue.fields import ResourceUuid, Text
from relay.catalogue.template import Says, Template, TemplateSchema

LONGEST_REASON = 10_000  # characters; Calendly's reference, CreateScheduledEventCancellation


class CancelScheduledEvent(TemplateSchema):
    """The event, and why it is called off."""

    event_uuid = ResourceUuid("scheduled_events", required=True)
    reason = Text(f"a text of at most {LONGEST_REASON} characters, or left out", longest=LONGEST_REASON)


TEMPLATE = Template(
    name="cancel_scheduled_event",
    title="Cancel a scheduled event",
    summary="Calls off a meeting. Every invitee is notified and reads the reason.",
    method="POST",
    path="/scheduled_events/{event_uuid}/cancellation",
    schema=CancelScheduledEvent,
    example={"event_uuid": "AAAAAAAAAAAAAAAA", "reason": "Closed lost: no budget this year"},
    role="host of the event, or owner or admin of the organization",
    plan="any",
    scopes=("scheduled_events:write",),
    sources="Calendly reference, Create Scheduled Event Cancellation (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({201}),
    irreversible=True,
    harmless_to_repeat=True,
    repeat="Calendly answers 403 'Event is already canceled'; nobody is notified twice.",
    done_already=(
        Says(403, message="Event is already canceled", meaning="The event had been canceled before."),
    ),
    notes=("Calendly refuses an event of the past: 403 'Event in the past'.",),
)
