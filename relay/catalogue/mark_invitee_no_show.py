"""POST /invitee_no_shows: note that an invitee did not come."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Email, InviteeUri, ResourceUuid
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import INVITEE
from relay.catalogue.proofs import NO_SHOW_STANDS
from relay.catalogue.template import Template, TemplateSchema


class MarkInviteeNoShow(TemplateSchema):
    """The invitee who did not come."""

    invitee = InviteeUri()
    event_uuid = ResourceUuid("scheduled_events")
    email = Email()

    look_ups: ClassVar[tuple[LookUp, ...]] = (INVITEE,)


TEMPLATE = Template(
    name="mark_invitee_no_show",
    title="Mark an invitee as no-show",
    summary="Notes that an invitee did not come to a meeting that has begun.",
    method="POST",
    path="/invitee_no_shows",
    schema=MarkInviteeNoShow,
    example={
        "invitee": "https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA/invitees/BBBBBBBBBBBBBBBB"
    },
    example_answer={
        "resource": {
            "uri": "https://api.calendly.com/invitee_no_shows/CCCCCCCCCCCCCCCC",
            "invitee": "https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA/invitees/BBBBBBBBBBBBBBBB",
            "created_at": "2026-01-02T03:04:05.678123Z",
        }
    },
    role="host of the event, or owner or admin of the organization",
    plan="any",
    scopes=("scheduled_events:write",),
    sources="Calendly reference, Create Invitee No Show (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({201}),
    repeat="Calendly does not say; it may refuse.",
    proof=NO_SHOW_STANDS,
    notes=(
        "Calendly refuses before the event has begun: 'Event is not started yet'.",
        "Without the invitee, an active one is looked up by the event and the invitee's email.",
        "Can be taken back with unmark_invitee_no_show.",
    ),
)
