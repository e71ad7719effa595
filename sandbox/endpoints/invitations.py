"""Inviting people into the organization, and taking an invitation back."""

from __future__ import annotations

from sandbox.access import manages
from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.endpoints.finding import answer_page, find
from sandbox.entities import Invitation, Organization
from sandbox.fields import is_email
from sandbox.paging import read_page
from sandbox.refusals import bad_request, denied, not_found
from sandbox.resources import invitation
from sandbox.uris import new_short

SCIM = "You cannot perform this action for an organization with SCIM enabled."
NO_SEATS = (
    "You already sent all the invitations you're allotted based upon the number of seats purchased with your account. "
    "Please purchase more seats to send more invitations."
)
NO_TRIAL_SEATS = "You already sent all the invitations allotted to you with a trial account."


def invite(call: Call) -> Answer:
    """Send an invitation, one per address."""
    fields = call.fields()
    email = fields.text("email")
    fields.check()
    if not is_email(email):
        raise bad_request("Invalid Email", f"{email} is an invalid email format")
    organization = _managed(call, "uuid", "You do not have permission")
    _check_room(call, organization)
    _check_new(call, organization, email)
    made = Invitation(new_short(), organization, email, "pending", call.now, call.now)
    call.state.add_invitation(made)
    return 201, {"resource": invitation(made)}


def _managed(call: Call, name: str, otherwise: str) -> Organization:
    organization = find(call.state.organizations, call.ids[name])
    if not manages(call.membership, organization):
        raise denied(otherwise)
    return organization


def _check_room(call: Call, organization: Organization) -> None:
    if organization.scim:
        raise denied(SCIM)
    if call.state.seats_taken(organization) >= organization.seats:
        raise denied(NO_TRIAL_SEATS if organization.trial else NO_SEATS)


def _check_new(call: Call, organization: Organization, email: str) -> None:
    if call.state.member_at(organization, email):
        raise bad_request("Already Organization Member", f"{email} is already in the organization")
    if call.state.invited_at(organization, email):
        raise bad_request("Already Invited", f"{email} has already been invited")


def list_invitations(call: Call) -> Answer:
    """List the organization's invitations; revoked ones are gone."""
    fields = call.parameters()
    email = fields.email("email", required=False).lower()
    status = fields.one_of("status", ("pending", "accepted", "declined"), required=False)
    wanted = read_page(fields, ("created_at", "email"), "created_at:asc")
    fields.check()
    organization = _managed(call, "uuid", "You do not have permission to access this resource.")
    rows = [
        row
        for row in call.state.invitations.values()
        if row.organization is organization
        and (not email or row.email.lower() == email)
        and (not status or row.status == status)
    ]

    def key(row: Invitation) -> str:
        return row.email if wanted.sort == "email" else to_text(row.created_at)

    return answer_page(call, rows, wanted, key, invitation)


def show(call: Call) -> Answer:
    """One invitation."""
    return 200, {"resource": invitation(_reachable(call))}


def revoke(call: Call) -> Answer:
    """Take a pending invitation back."""
    found = _reachable(call)
    if found.organization.scim:
        raise denied(SCIM)
    if found.status == "accepted":
        raise bad_request("Invitation Already Accepted", "The invitation has already been accepted.")
    call.state.remove_invitation(found)
    return 204, None


def _reachable(call: Call) -> Invitation:
    """Find the invitation in the path. One of another organization is refused, not hidden, whichever organization is named."""
    organization = find(call.state.organizations, call.ids["org_uuid"])
    found = find(call.state.invitations, call.ids["uuid"])
    home = call.membership.organization
    if found.organization is not home:
        raise denied("You do not have permission")
    if organization is not home:
        raise not_found()
    if not manages(call.membership, home):
        raise denied()
    return found


OPERATIONS = (
    Operation("POST", "/organizations/<uuid>/invitations", "organizations:write", invite, takes_body=True),
    Operation("GET", "/organizations/<uuid>/invitations", "organizations:read", list_invitations),
    Operation("GET", "/organizations/<org_uuid>/invitations/<uuid>", "organizations:read", show),
    Operation("DELETE", "/organizations/<org_uuid>/invitations/<uuid>", "organizations:write", revoke),
)
