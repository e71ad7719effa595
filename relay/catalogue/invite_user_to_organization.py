"""POST /organizations/{uuid}/invitations: invite somebody into the organization by mail."""

from __future__ import annotations

from relay.catalogue.fields import Email
from relay.catalogue.proofs import INVITATION_STANDS
from relay.catalogue.template import Says, Template, TemplateSchema


class InviteUserToOrganization(TemplateSchema):
    """Whom to invite."""

    email = Email(required=True)


TEMPLATE = Template(
    name="invite_user_to_organization",
    title="Invite a user to the organization",
    summary="Sends an invitation by mail to join the credential's organization.",
    method="POST",
    path="/organizations/{organization_uuid}/invitations",
    schema=InviteUserToOrganization,
    example={"email": "ada@example.com"},
    example_answer={
        "resource": {
            "uri": "https://api.calendly.com/organizations/AAAAAAAAAAAAAAAA/invitations/BBBBBBBBBBBBBBBB",
            "organization": "https://api.calendly.com/organizations/AAAAAAAAAAAAAAAA",
            "email": "ada@example.com",
            "status": "pending",
            "created_at": "2026-01-02T03:04:05.678123Z",
            "updated_at": "2026-01-02T03:04:05.678123Z",
            "last_sent_at": "2026-01-02T03:04:05.678123Z",
        }
    },
    role="owner or admin of the organization",
    plan="any with a free seat; not where SCIM manages the users",
    scopes=("organizations:write",),
    sources="Calendly reference, Invite User to Organization (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({201}),
    repeat="Calendly answers 400 'Already Invited' and sends no second mail.",
    proof=INVITATION_STANDS,
    done_already=(
        Says(
            400,
            title="Already Invited",
            meaning="The person had been invited before; no second mail was sent.",
        ),
        Says(
            400,
            title="Already Organization Member",
            meaning="The person belongs to the organization already.",
        ),
    ),
    try_again=(Says(400, title="Race Condition", meaning="Calendly asks to send the invitation once more."),),
    notes=("Can be taken back with revoke_organization_invitation until it is accepted.",),
)
