"""DELETE /organizations/{uuid}/invitations/{uuid}: take back an invitation that nobody has accepted yet."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Email, ResourceUuid
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import INVITATION
from relay.catalogue.proofs import INVITATION_IS_GONE
from relay.catalogue.template import Template, TemplateSchema


class RevokeOrganizationInvitation(TemplateSchema):
    """The invitation."""

    invitation_uuid = ResourceUuid("organizations/*/invitations")
    email = Email()

    look_ups: ClassVar[tuple[LookUp, ...]] = (INVITATION,)


TEMPLATE = Template(
    name="revoke_organization_invitation",
    title="Revoke an organization invitation",
    summary="Takes back an invitation; the link in its mail stops working.",
    method="DELETE",
    path="/organizations/{organization_uuid}/invitations/{invitation_uuid}",
    schema=RevokeOrganizationInvitation,
    example={"invitation_uuid": "AAAAAAAAAAAAAAAA"},
    role="owner or admin of the organization",
    plan="any; not where SCIM manages the users",
    scopes=("organizations:write",),
    sources="Calendly reference, Revoke User's Organization Invitation (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({204}),
    harmless_to_repeat=True,
    repeat="Calendly answers 404.",
    proof=INVITATION_IS_GONE,
    gone_is_done_after_unknown=True,
    notes=(
        "The organization is the credential's, also where the record holds an invitation's full URI.",
        "Without the uuid, the invitation is looked up by email among those that are pending.",
        "An accepted invitation is refused: 400 'Invitation Already Accepted'.",
        "The person can be invited again with invite_user_to_organization.",
    ),
)
