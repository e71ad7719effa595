"""Who belongs to the organization, and removing somebody from it."""

from __future__ import annotations

from sandbox.access import manages, shares_organization
from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.endpoints.finding import answer_page, find, read_uri
from sandbox.entities import ROLES, Membership
from sandbox.paging import read_page
from sandbox.refusals import denied
from sandbox.resources import membership

STRANGER = "This user is not in your organization"


def list_memberships(call: Call) -> Answer:
    """Members of the caller's organization, or one user's membership."""
    fields = call.parameters()
    user = read_uri(fields, "user", "users", required=False)
    organization = read_uri(fields, "organization", "organizations", required=False)
    email = fields.email("email", required=False)
    role = fields.one_of("role", ROLES, required=False)
    wanted = read_page(fields, ("created_at",), "created_at:asc")
    if not (fields.has("user") or fields.has("organization") or fields.has("email")):
        fields.blame("organization", "is missing")
    fields.check()
    _check_reach(call, user, organization)
    rows = [row for row in _candidates(call, email) if _fits(row, user, role)]
    return answer_page(call, rows, wanted, lambda row: to_text(row.created_at), membership)


def _check_reach(call: Call, user: str, organization: str) -> None:
    own = call.membership
    if organization and find(call.state.organizations, organization) is not own.organization:
        raise denied(STRANGER)
    if user and not shares_organization(call.state, own, find(call.state.users, user)):
        raise denied(STRANGER)
    if user != call.user.uuid and not manages(own, own.organization):
        raise denied()


def _candidates(call: Call, email: str) -> list[Membership]:
    home = call.membership.organization
    if email:
        member = call.state.member_at(home, email)
        return [member] if member else []
    return [row for row in call.state.memberships.values() if row.organization is home]


def _fits(row: Membership, user: str, role: str) -> bool:
    return (not user or row.user.uuid == user) and (not role or row.role == role)


def show(call: Call) -> Answer:
    """One membership."""
    found = find(call.state.memberships, call.ids["uuid"])
    if found.organization is not call.membership.organization:
        raise denied(STRANGER)
    return 200, {"resource": membership(found)}


def remove(call: Call) -> Answer:
    """Take a member out; owners and the caller himself stay."""
    target = find(call.state.memberships, call.ids["uuid"])
    own = call.membership
    if own.role == "user":
        raise denied("You do not have permission to perform this action")
    if target.organization is not own.organization:
        raise denied("You cannot modify members from another organization")
    if target is own:
        raise denied("You can not remove yourself from organization")
    if target.role == "owner":
        raise denied("You can not change owner role")
    call.state.remove_membership(target)
    return 204, None


OPERATIONS = (
    Operation("GET", "/organization_memberships", "organizations:read", list_memberships),
    Operation("GET", "/organization_memberships/<uuid>", "organizations:read", show),
    Operation("DELETE", "/organization_memberships/<uuid>", "organizations:write", remove),
)
