"""Booking on somebody's behalf. Every call books anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sandbox.call import Answer, Call, Operation
from sandbox.endpoints.finding import find, read_uri
from sandbox.entities import Event, EventType, Invitee
from sandbox.fields import Fields, is_email
from sandbox.refusals import bad_request, denied
from sandbox.resources import invitee
from sandbox.uris import new_long

MOST_GUESTS = 10


def book(call: Call) -> Answer:
    """Book an event of one type for one invitee."""
    fields = call.fields()
    uuid, start = read_uri(fields, "event_type", "event_types"), fields.moment("start_time")
    name, email, timezone = _person(fields)
    _check_guests(fields)
    _check_answers(fields)
    fields.check()
    event_type = find(call.state.event_types, uuid)
    _check_bookable(call, event_type)
    if start is None or start <= call.now:
        raise bad_request("Invalid Argument", "The start time is in the past")
    end = start + timedelta(minutes=event_type.duration)
    event = Event(new_long(), event_type, [event_type.owner], start, end, call.now, call.now)
    made = Invitee(new_long(), event, email, name, call.now, call.now, timezone)
    event.invitees.append(made)
    call.state.add_event(event)
    return 201, {"resource": invitee(made)}


def _person(fields: Fields) -> tuple[str, str, str]:
    given = fields.given.get("invitee")
    if not isinstance(given, Mapping):
        fields.blame("invitee", "is missing" if given is None else "must be an object")
        return "", "", ""
    inner = Fields(given)
    email, timezone = inner.email("email"), inner.text("timezone")
    first = inner.text("first_name", required=False)
    name = (
        inner.text("name", required=not first) or f"{first} {inner.text('last_name', required=False)}".strip()
    )
    fields.faults += [(f"invitee.{parameter}", message) for parameter, message in inner.faults]
    return name, email, timezone


def _check_guests(fields: Fields) -> None:
    guests = fields.given.get("event_guests") or []
    if not isinstance(guests, list) or len(guests) > MOST_GUESTS:
        fields.blame("event_guests", f"must be an array of at most {MOST_GUESTS}")
    elif not all(isinstance(guest, str) and is_email(guest) for guest in guests):
        fields.blame("event_guests", "must hold email addresses")


def _check_answers(fields: Fields) -> None:
    answers = fields.given.get("questions_and_answers") or []
    if not isinstance(answers, list):
        fields.blame("questions_and_answers", "must be an array")
        return
    for index, answer in enumerate(answers):
        for part in ("question", "answer", "position"):
            if not isinstance(answer, Mapping) or part not in answer:
                fields.blame(f"questions_and_answers[{index}].{part}", "is missing")


def _check_bookable(call: Call, event_type: EventType) -> None:
    if event_type.organization is not call.membership.organization:
        raise denied()
    if not event_type.active:
        raise bad_request("Invalid Argument", "The event type is not active")


OPERATIONS = (Operation("POST", "/invitees", "scheduled_events:write", book, takes_body=True),)
