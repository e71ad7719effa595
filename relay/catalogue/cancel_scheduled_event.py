"""POST /scheduled_events/{uuid}/cancellation: call off a meeting. Invitees are told, and read the reason."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Email, ResourceUuid, Text, Utc
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import EVENT
from relay.catalogue.proofs import EVENT_IS_CANCELED
from relay.catalogue.template import Says, Template, TemplateSchema

LONGEST_REASON = 10_000  # characters; Calendly's reference, CreateScheduledEventCancellation


class CancelScheduledEvent(TemplateSchema):
    """The event, and why it is called off."""

    event_uuid = ResourceUuid("scheduled_events")
    invitee_email = Email()
    start_time = Utc("when the event begins")
    reason = Text(f"a text of at most {LONGEST_REASON} characters, or left out", longest=LONGEST_REASON)

    look_ups: ClassVar[tuple[LookUp, ...]] = (EVENT,)


TEMPLATE = Template(
    name="cancel_scheduled_event",
    title="Cancel a scheduled event",
    summary="Calls off a meeting. Every invitee is notified and reads the reason.",
    method="POST",
    path="/scheduled_events/{event_uuid}/cancellation",
    schema=CancelScheduledEvent,
    example={"event_uuid": "AAAAAAAAAAAAAAAA", "reason": "Closed lost: no budget this year"},
    example_answer={
        "resource": {
            "canceled_by": "Ada Lovelace",
            "reason": "Closed lost: no budget this year",
            "canceler_type": "host",
            "created_at": "2026-01-02T03:04:05.678123Z",
        }
    },
    role="host of the event, or owner or admin of the organization",
    plan="any",
    scopes=("scheduled_events:write",),
    sources="Calendly reference, Create Scheduled Event Cancellation (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({201}),
    irreversible=True,
    harmless_to_repeat=True,
    repeat="Calendly answers 403 'Event is already canceled'; nobody is notified twice.",
    proof=EVENT_IS_CANCELED,
    done_already=(
        Says(403, message="Event is already canceled", meaning="The event had been canceled before."),
    ),
    notes=(
        "Calendly refuses an event of the past: 403 'Event in the past'.",
        "Without the uuid, the event is looked up by an invitee's email, among the active events that have not begun.",
        "start_time picks one of several events, to the second; it is only read for a look-up.",
        "The whole event is canceled, for all its invitees; one with several is canceled by its uuid only.",
    ),
)
