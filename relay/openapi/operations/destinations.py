"""Destinations: what becomes of records."""

from __future__ import annotations

from relay.api.deleting import DiscardDocument
from relay.api.destination_documents import Acknowledgement, DestinationDocument, DestinationQuery
from relay.openapi.answers.destination import DestinationAnswer, DestinationPage
from relay.openapi.operations.model import READ, WRITE, Body, Operation, Reply

TAG = "Destinations"
UNKNOWN = {404: "No destination has that id."}
_NEW = {
    "the least": {
        "id": "cancel-demos",
        "template": "cancel_scheduled_event",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer"}},
    },
    "with settings": {
        "id": "cancel-demos",
        "name": "Cancel demos on closed-lost",
        "template": "cancel_scheduled_event",
        "credential": "acme",
        "inbound": {"auth": {"kind": "bearer"}, "records": "events[*]", "when": "stage == 'closedlost'"},
        "mapping": {
            "event_uuid": "properties.calendly_event",
            "reason": "join(' ', ['Closed lost:', lost_reason])",
        },
        "headers": {"X-Team": "rev-ops"},
        "dedupe": "eventId",
        "callback": {"url": "https://crm.example/hooks/calendly"},
        "delivery": {"concurrency": 4, "max_attempts": 12},
    },
    "any other endpoint": {
        "id": "shares",
        "template": "manual",
        "credential": "acme",
        "inbound": {"auth": {"kind": "basic", "username": "crm"}},
        "manual": {"method": "POST", "url": "/shares"},
        "exclude": ["crm_id", "contact.phone"],
        "batch": {"size": 100, "window": 5},
    },
}

OPERATIONS = {
    "api.destinations.list_destinations": Operation(
        name="list_destinations",
        tag=TAG,
        summary="List destinations",
        description="Destinations by id, with their secrets masked. A page may be short or empty and still have a `next_cursor`: "
        "follow it until it is null. What stands there from the first page to the last is on one of them, whatever is made and "
        "deleted meanwhile.",
        query=DestinationQuery,
        answers={200: Reply(words="A page of destinations.", schema=DestinationPage)},
        problems={
            **READ,
            400: "The cursor is not one that a page gave.",
            422: "The query breaks the rules that `errors` names.",
        },
    ),
    "api.destinations.create_destination": Operation(
        name="create_destination",
        tag=TAG,
        summary="Make a destination",
        description="It begins as a draft: its inbound route takes records and holds them. Secrets that are left out are made, "
        "and shown in this answer only.",
        body=Body(schema=DestinationDocument, examples=_NEW),
        answers={201: Reply(words="The destination.", schema=DestinationAnswer, headers=("Location",))},
        problems={**WRITE, 409: "A destination with that id exists."},
    ),
    "api.destinations.show_destination": Operation(
        name="show_destination",
        tag=TAG,
        summary="Show a destination",
        description="One destination, and how many deliveries it has in each state.",
        answers={200: Reply(words="The destination.", schema=DestinationAnswer)},
        problems={**READ, **UNKNOWN},
    ),
    "api.destinations.change_destination": Operation(
        name="change_destination",
        tag=TAG,
        summary="Change a destination",
        description="The names that are given are laid over the destination, objects name by name. Null takes a name back to its "
        "default, and a secret that is null is made anew and shown once. A document that was read can be sent back with one "
        "change: masks keep their secrets. `id`, `template` and a manual destination's method cannot be changed.",
        body=Body(
            schema=DestinationDocument,
            change=True,
            examples={
                "one call at a time": {"delivery": {"concurrency": 1}},
                "a new inbound key": {"inbound": {"auth": {"key": None}}},
            },
        ),
        answers={200: Reply(words="The destination as it stands now.", schema=DestinationAnswer)},
        problems={**WRITE, **UNKNOWN, 409: "Somebody else changed it at the same time."},
    ),
    "api.destinations.delete_destination": Operation(
        name="delete_destination",
        tag=TAG,
        summary="Delete a destination",
        description="Where deliveries wait, the body has to say how many are deleted with it; the refusal names the number.",
        body=Body(schema=DiscardDocument, required=False, examples={"with what waits": {"discard": 3}}),
        answers={204: Reply(words="It is deleted.")},
        problems={
            **WRITE,
            **UNKNOWN,
            409: "Deliveries wait and the number is not right, or calls are on their way.",
        },
    ),
    "api.destinations.activate": Operation(
        name="activate_destination",
        tag=TAG,
        summary="Activate a destination",
        description="Deliveries go out, those that were held first and in order. Where calls cannot be undone, the body says that "
        "this is known.",
        body=Body(
            schema=Acknowledgement,
            required=False,
            examples={"cannot be undone": {"acknowledge": "irreversible"}},
        ),
        answers={200: Reply(words="The destination as it stands now.", schema=DestinationAnswer)},
        problems={**WRITE, **UNKNOWN},
    ),
    "api.destinations.pause": Operation(
        name="pause_destination",
        tag=TAG,
        summary="Pause a destination",
        description="Nothing goes out; records are held, or refused, as `when_inactive` says.",
        answers={200: Reply(words="The destination as it stands now.", schema=DestinationAnswer)},
        problems={**READ, **UNKNOWN},
    ),
}
