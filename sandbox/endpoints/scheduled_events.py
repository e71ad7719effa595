"""Booked events and the people who are invited to them."""

from __future__ import annotations

from datetime import datetime

from sandbox.access import manages, may_touch, shares_organization
from sandbox.call import Answer, Call, Operation
from sandbox.clock import to_text
from sandbox.endpoints.finding import answer_page, find, read_uri
from sandbox.entities import Event
from sandbox.paging import read_page
from sandbox.refusals import denied, not_found
from sandbox.resources import event, invitee

STATUSES = ("active", "canceled")
NEEDS_ORGANIZATION = (
    "Please also specify organization when requesting events for a user within your organization."
)


def list_events(call: Call) -> Answer:
    """Events of a user, a group or the organization, filtered by invitee, status and start."""
    fields = call.parameters()
    organization = read_uri(fields, "organization", "organizations", required=False)
    group = read_uri(fields, "group", "groups", required=False)
    user = read_uri(fields, "user", "users", required=not (organization or group))
    email = fields.email("invitee_email", required=False)
    status = fields.one_of("status", STATUSES, required=False)
    earliest, latest = (fields.moment(f"{end}_start_time", required=False) for end in ("min", "max"))
    wanted = read_page(fields, ("start_time",), "start_time:asc")
    fields.check()
    rows = [
        row
        for row in _reach(call, user, organization, group)
        if _fits(row, status, email) and _starts_within(row, earliest, latest)
    ]
    return answer_page(call, rows, wanted, lambda row: to_text(row.start_time), event)


def _reach(call: Call, user: str, organization: str, group: str) -> list[Event]:
    """List the events that the caller asks for and may see."""
    state, membership = call.state, call.membership
    hosts = {user} if user else set()
    if user and user != call.user.uuid:
        if not shares_organization(state, membership, find(state.users, user)):
            raise denied("This user is not in your organization")
        if not organization:
            raise denied(NEEDS_ORGANIZATION)
    if (
        organization
        and user != call.user.uuid
        and not manages(membership, find(state.organizations, organization))
    ):
        raise denied()
    if group:
        named = find(state.groups, group)
        if not manages(membership, named.organization):
            raise denied()
        hosts |= {member.uuid for member in named.users}
    rows = [row for row in state.events.values() if row.organization is membership.organization]
    return [row for row in rows if not hosts or any(host.uuid in hosts for host in row.hosts)]


def _fits(row: Event, status: str, email: str) -> bool:
    if status and row.status != status:
        return False
    return not email or any(person.email.lower() == email.lower() for person in row.invitees)


def _starts_within(row: Event, earliest: datetime | None, latest: datetime | None) -> bool:
    return (earliest is None or row.start_time >= earliest) and (latest is None or row.start_time <= latest)


def get_event(call: Call) -> Answer:
    """One event."""
    return 200, {"resource": event(_visible(call, call.ids["uuid"]))}


def list_invitees(call: Call) -> Answer:
    """List the invitees of one event."""
    fields = call.parameters()
    status = fields.one_of("status", STATUSES, required=False)
    email = fields.email("email", required=False)
    wanted = read_page(fields, ("created_at",), "created_at:asc")
    fields.check()
    rows = [
        row
        for row in _visible(call, call.ids["uuid"]).invitees
        if (not status or row.status == status) and (not email or row.email.lower() == email.lower())
    ]
    return answer_page(call, rows, wanted, lambda row: to_text(row.created_at), invitee)


def get_invitee(call: Call) -> Answer:
    """One invitee, found below its own event only."""
    host_event = _visible(call, call.ids["event_uuid"])
    row = find(call.state.invitees, call.ids["invitee_uuid"])
    if row.event is not host_event:
        raise not_found()
    return 200, {"resource": invitee(row)}


def _visible(call: Call, uuid: str) -> Event:
    found = find(call.state.events, uuid)
    if not may_touch(call.membership, found):
        raise denied("You are not allowed to view this event")
    return found


OPERATIONS = (
    Operation("GET", "/scheduled_events", "scheduled_events:read", list_events),
    Operation("GET", "/scheduled_events/<uuid>", "scheduled_events:read", get_event),
    Operation("GET", "/scheduled_events/<uuid>/invitees", "scheduled_events:read", list_invitees),
    Operation(
        "GET", "/scheduled_events/<event_uuid>/invitees/<invitee_uuid>", "scheduled_events:read", get_invitee
    ),
)
