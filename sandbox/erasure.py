"""Carrying out what the data deletion calls asked for."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.entities import DeletionRequest, Event
from sandbox.state import State


def carry_out(state: State) -> int:
    """Erase the invitees of past events that open requests name; the number of invitees erased. Needs the lock."""
    erased = 0
    for request in state.deletion_requests:
        if not request.done:
            erased += sum(_erase(state, event, request) for event in list(_past_events(state, request)))
            request.done = True
    return erased


def _past_events(state: State, request: DeletionRequest) -> Iterator[Event]:
    now = state.clock.now()
    for event in state.events.values():
        if event.organization is request.organization and event.start_time <= now:
            yield event


def _erase(state: State, event: Event, request: DeletionRequest) -> int:
    if request.start_time is not None and request.end_time is not None:
        if not request.start_time <= event.start_time <= request.end_time:
            return 0
        gone = list(event.invitees)
        del state.events[event.uuid]
    else:
        addresses = {email.lower() for email in request.emails}
        gone = [invitee for invitee in event.invitees if invitee.email.lower() in addresses]
    for invitee in gone:
        if invitee.no_show is not None:
            state.remove_no_show(invitee.no_show)
        event.invitees.remove(invitee)
        del state.invitees[invitee.uuid]
    return len(gone)
