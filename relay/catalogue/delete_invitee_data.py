"""POST /data_compliance/deletion/invitees: have Calendly erase what it knows of people."""

from __future__ import annotations

from relay.catalogue.fields import Email, ListOf
from relay.catalogue.template import Template, TemplateSchema

MOST_EMAILS = 1000  # a call; our own bound, Calendly publishes none


class DeleteInviteeData(TemplateSchema):
    """Whose data to erase."""

    emails = ListOf(
        Email(),
        f"a list of 1 to {MOST_EMAILS} email addresses",
        repeats="dropped",
        most=MOST_EMAILS,
        required=True,
    )


TEMPLATE = Template(
    name="delete_invitee_data",
    title="Delete invitee data",
    summary="Has Calendly erase the past bookings of people in the organization, within up to seven days.",
    method="POST",
    path="/data_compliance/deletion/invitees",
    schema=DeleteInviteeData,
    example={"emails": ["ada@example.com", "grace@example.com"]},
    example_answer={},
    role="owner or admin of the organization with the data requests permission",
    plan="Enterprise",
    scopes=("data_compliance:write",),
    sources="Calendly reference, Delete Invitee Data (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({202}),
    irreversible=True,
    harmless_to_repeat=True,
    repeat="Calendly answers 202 again.",
    merges="emails",
    notes=(
        f"At most {MOST_EMAILS} addresses a record: the relay's own bound, since Calendly names none.",
        "An address that is repeated letter by letter is sent once.",
        "Calendly does not tell whether it knew an address, nor when it is done.",
    ),
)
