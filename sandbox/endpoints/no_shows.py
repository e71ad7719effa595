"""Marking invitees who did not come, and taking the mark away."""

from __future__ import annotations

from sandbox.access import may_touch
from sandbox.call import Answer, Call, Operation
from sandbox.endpoints.finding import find
from sandbox.entities import Invitee, NoShow
from sandbox.refusals import bad_request, denied, not_found
from sandbox.resources import no_show
from sandbox.uris import invitee_in, new_long


def mark(call: Call) -> Answer:
    """Mark an invitee of an event that has started."""
    fields = call.fields()
    uri = fields.uri("invitee")
    ids = invitee_in(uri)
    if uri and ids is None:
        fields.blame("invitee", "is not an invitee URI")
    fields.check()
    person = _invitee(call, *(ids or ("", "")))
    if person.no_show is not None and call.state.rules.repeated_no_show == "answer_existing":
        return 201, {"resource": no_show(person.no_show)}
    _check_markable(call, person)
    made = NoShow(new_long(), person, call.now)
    call.state.add_no_show(made)
    return 201, {"resource": no_show(made)}


def _invitee(call: Call, event_uuid: str, uuid: str) -> Invitee:
    person = find(call.state.invitees, uuid)
    if person.event.uuid != event_uuid:
        raise not_found()
    if not may_touch(call.membership, person.event):
        raise denied()
    return person


def _check_markable(call: Call, person: Invitee) -> None:
    # Only the first of these has been seen at Calendly; the other two are this simulator's own words.
    if person.event.start_time > call.now:
        raise bad_request("Invalid Argument", "Event is not started yet")
    if person.status == "canceled":
        raise bad_request("Invalid Argument", "Invitee is canceled")
    if person.no_show is not None:
        raise bad_request("Invalid Argument", "Invitee is already marked as no show")


def show(call: Call) -> Answer:
    """One mark."""
    return 200, {"resource": no_show(_reachable(call))}


def unmark(call: Call) -> Answer:
    """Take the mark away."""
    call.state.remove_no_show(_reachable(call))
    return 204, None


def _reachable(call: Call) -> NoShow:
    found = find(call.state.no_shows, call.ids["uuid"])
    if not may_touch(call.membership, found.invitee.event):
        raise denied()
    return found


OPERATIONS = (
    Operation("POST", "/invitee_no_shows", "scheduled_events:write", mark, takes_body=True),
    Operation("GET", "/invitee_no_shows/<uuid>", "scheduled_events:read", show),
    Operation("DELETE", "/invitee_no_shows/<uuid>", "scheduled_events:write", unmark),
)
