"""Links that can be booked once. They have no id, so nobody finds one again."""

from __future__ import annotations

import secrets
import string

from sandbox.access import manages
from sandbox.call import Answer, Call, Operation
from sandbox.endpoints.finding import find, read_uri
from sandbox.entities import SchedulingLink
from sandbox.refusals import denied
from sandbox.resources import scheduling_link

CODE_ALPHABET = string.ascii_lowercase + string.digits


def create(call: Call) -> Answer:
    """Make a new link, another one with every call."""
    fields = call.fields()
    if "max_event_count" not in call.body:
        fields.blame("max_event_count", "is missing")
    elif not _is_one(call.body["max_event_count"]):
        fields.blame("max_event_count", "must be 1")
    uuid = read_uri(fields, "owner", "event_types")
    fields.one_of("owner_type", ("EventType",))
    fields.check()
    event_type = find(call.state.event_types, uuid)
    if event_type.owner is not call.user and not manages(call.membership, event_type.organization):
        raise denied()
    address = f"https://calendly.com/d/{_code()}-{_code()}/{event_type.slug}"
    link = SchedulingLink(address, event_type, call.now)
    call.state.scheduling_links[address] = link
    return 201, {"resource": scheduling_link(link)}


def _is_one(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == 1


def _code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(4))


OPERATIONS = (Operation("POST", "/scheduling_links", "scheduling_links:write", create, takes_body=True),)
