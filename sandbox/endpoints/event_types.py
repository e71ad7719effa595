"""The kinds of meeting that can be booked."""

from __future__ import annotations

from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.endpoints.finding import answer_page, find, read_uri
from sandbox.entities import EventType
from sandbox.paging import read_page
from sandbox.refusals import denied
from sandbox.resources import event_type


def list_event_types(call: Call) -> Answer:
    """Event types of one user, or of the caller's organization."""
    fields = call.parameters()
    user = read_uri(fields, "user", "users", required=False)
    organization = read_uri(fields, "organization", "organizations", required=not fields.has("user"))
    active = fields.one_of("active", ("true", "false"), required=False)
    wanted = read_page(fields, ("name", "position", "created_at", "updated_at"), "name:asc")
    fields.check()
    _check_reach(call, user, organization)
    rows = [row for row in call.state.event_types.values() if _fits(row, user, organization, active)]

    def key(row: EventType) -> str:
        return row.name if wanted.sort in {"name", "position"} else to_text(row.created_at)

    return answer_page(call, rows, wanted, key, event_type)


def _check_reach(call: Call, user: str, organization: str) -> None:
    home = call.membership.organization
    if user and call.state.membership_of(find(call.state.users, user)).organization is not home:
        raise denied()
    if organization and find(call.state.organizations, organization) is not home:
        raise denied()


def _fits(row: EventType, user: str, organization: str, active: str) -> bool:
    return (
        (not user or row.owner.uuid == user)
        and (not organization or row.organization.uuid == organization)
        and (not active or row.active == (active == "true"))
    )


OPERATIONS = (Operation("GET", "/event_types", "event_types:read", list_event_types),)
