"""Requests to erase people's data: accepted, never reported on."""

from __future__ import annotations

from datetime import datetime

from sandbox.access import plan_of
from sandbox.call import Answer, Call, Operation
from sandbox.entities import DeletionRequest
from sandbox.fields import is_email
from sandbox.refusals import denied

MOST_MONTHS = 24
NEEDS_ENTERPRISE = "Please upgrade your Calendly account to Enterprise."
NEEDS_PERMISSION = (
    "You must be an admin/owner with the data requests permission enabled to use this resource. "
    "Contact Calendly support and ask them to grant you data requests permission."
)


def delete_invitee_data(call: Call) -> Answer:
    """Accept the erasure of everything known about some addresses."""
    fields = call.fields()
    emails = fields.texts("emails")
    for index, email in enumerate(emails):
        if not is_email(email):
            fields.blame(f"emails[{index}]", "is an invalid email format")
    fields.check()
    _check_permission(call)
    request = DeletionRequest(call.membership.organization, call.now, emails=emails)
    call.state.deletion_requests.append(request)
    return 202, {}


def delete_event_data(call: Call) -> Answer:
    """Accept the erasure of all events that were within a past time range."""
    fields = call.fields()
    start, end = fields.moment("start_time"), fields.moment("end_time")
    if start and end:
        for name, message in _range_faults(start, end, call.now):
            fields.blame(name, message)
    fields.check()
    _check_permission(call)
    request = DeletionRequest(call.membership.organization, call.now, start_time=start, end_time=end)
    call.state.deletion_requests.append(request)
    return 202, {}


def _range_faults(start: datetime, end: datetime, now: datetime) -> list[tuple[str, str]]:
    faults = []
    if start >= end:
        faults.append(("start_time", "must be before end_time"))
    if end > now:
        faults.append(("end_time", "must be in the past"))
    if end > _months_later(start, MOST_MONTHS):
        faults.append(("end_time", f"must be within {MOST_MONTHS} months of start_time"))
    return faults


def _months_later(moment: datetime, months: int) -> datetime:
    """Find the same day some whole years on; 29 February becomes 1 March."""
    year = moment.year + months // 12
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, month=3, day=1)


def _check_permission(call: Call) -> None:
    own = call.membership
    if plan_of(call.state, call.token) != "Enterprise":
        raise denied(NEEDS_ENTERPRISE)
    if own.role == "user" or not own.organization.data_requests:
        raise denied(NEEDS_PERMISSION)


OPERATIONS = (
    Operation(
        "POST",
        "/data_compliance/deletion/invitees",
        "data_compliance:write",
        delete_invitee_data,
        takes_body=True,
    ),
    Operation(
        "POST",
        "/data_compliance/deletion/events",
        "data_compliance:write",
        delete_event_data,
        takes_body=True,
    ),
)
