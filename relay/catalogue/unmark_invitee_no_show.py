"""DELETE /invitee_no_shows/{uuid}: take back that an invitee did not come."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Email, InviteeUri, ResourceUuid
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import NO_SHOW_OF_EMAIL, NO_SHOW_OF_INVITEE
from relay.catalogue.proofs import NO_SHOW_IS_GONE
from relay.catalogue.template import Template, TemplateSchema


class UnmarkInviteeNoShow(TemplateSchema):
    """The no-show, not the invitee."""

    no_show_uuid = ResourceUuid("invitee_no_shows")
    invitee = InviteeUri()
    event_uuid = ResourceUuid("scheduled_events")
    email = Email()

    look_ups: ClassVar[tuple[LookUp, ...]] = (NO_SHOW_OF_INVITEE, NO_SHOW_OF_EMAIL)


TEMPLATE = Template(
    name="unmark_invitee_no_show",
    title="Unmark an invitee as no-show",
    summary="Takes back that an invitee did not come.",
    method="DELETE",
    path="/invitee_no_shows/{no_show_uuid}",
    schema=UnmarkInviteeNoShow,
    example={"no_show_uuid": "639fa667-4c1b-4b20-93b5-1b1969d67dc6"},
    role="host of the event, or owner or admin of the organization",
    plan="any",
    scopes=("scheduled_events:write",),
    sources="Calendly reference, Delete Invitee No Show (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({204}),
    harmless_to_repeat=True,
    repeat="Calendly answers 404.",
    proof=NO_SHOW_IS_GONE,
    gone_is_done_after_unknown=True,
    notes=(
        "The uuid is the no-show's: in the answer to mark_invitee_no_show, or under no_show of the invitee.",
        "Without the uuid, the no-show is looked up by the invitee, or by the event and the invitee's email.",
        "Can be made again with mark_invitee_no_show.",
    ),
)
