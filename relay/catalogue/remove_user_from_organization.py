"""DELETE /organization_memberships/{uuid}: take somebody out of the organization."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Email, ResourceUuid
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import MEMBERSHIP
from relay.catalogue.proofs import MEMBERSHIP_IS_GONE
from relay.catalogue.template import Template, TemplateSchema


class RemoveUserFromOrganization(TemplateSchema):
    """The membership, not the user."""

    membership_uuid = ResourceUuid("organization_memberships")
    email = Email()

    look_ups: ClassVar[tuple[LookUp, ...]] = (MEMBERSHIP,)


TEMPLATE = Template(
    name="remove_user_from_organization",
    title="Remove a user from the organization",
    summary="Takes somebody out of the organization. The person keeps a Calendly account of their own.",
    method="DELETE",
    path="/organization_memberships/{membership_uuid}",
    schema=RemoveUserFromOrganization,
    example={"membership_uuid": "AAAAAAAAAAAAAAAA"},
    role="owner or admin of the organization",
    plan="any with an organization of several users",
    scopes=("organizations:write",),
    sources="Calendly reference, Remove User from Organization (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({204}),
    irreversible=True,
    harmless_to_repeat=True,
    repeat="Calendly answers 404.",
    proof=MEMBERSHIP_IS_GONE,
    gone_is_done_after_unknown=True,
    notes=(
        "The uuid is the membership's, not the user's. Without it, the membership is looked up by the member's email.",
        "Owners cannot be removed, nor can the credential's own user: 403.",
    ),
)
