"""POST /scheduling_links: make a booking link that works once."""

from __future__ import annotations

from typing import ClassVar

from relay.catalogue.fields import Name, OneOfKnown, OnlyNumber, ResourceUri
from relay.catalogue.look_up import LookUp
from relay.catalogue.look_ups import EVENT_TYPE
from relay.catalogue.template import Template, TemplateSchema

MAX_EVENT_COUNT = 1  # as a JSON number; Calendly's document of 2026 calls it a text by mistake
LONGEST_NAME = 2048  # characters; our own bound, since a booking page's address will do too


class CreateSchedulingLink(TemplateSchema):
    """The event type to book. Calendly takes one value for each of the rest, so they may be left out."""

    owner = ResourceUri("event_types")
    event_type = Name("the event type's name, slug or booking page", longest=LONGEST_NAME)
    owner_type = OneOfKnown(("EventType",), default="EventType")
    max_event_count = OnlyNumber(MAX_EVENT_COUNT)

    look_ups: ClassVar[tuple[LookUp, ...]] = (EVENT_TYPE,)


TEMPLATE = Template(
    name="create_scheduling_link",
    title="Create a single-use scheduling link",
    summary="Makes a booking link for an event type that works once, and gives its booking_url.",
    method="POST",
    path="/scheduling_links",
    schema=CreateSchedulingLink,
    example={"owner": "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA"},
    example_answer={
        "resource": {
            "booking_url": "https://calendly.com/d/abcd-brv8/15-minute-meeting",
            "owner": "https://api.calendly.com/event_types/AAAAAAAAAAAAAAAA",
            "owner_type": "EventType",
        }
    },
    role="any user who may book the event type",
    plan="any",
    scopes=("scheduling_links:write",),
    sources="Calendly reference, Create Single-Use Scheduling Link (OpenAPI of 2023-04 and 2026-10)",
    success=frozenset({201}),
    repeat="Calendly makes a second, different link.",
    spare="An earlier attempt, which was not answered, may have made a spare link that nobody received.",
    notes=(
        "A link has no uuid: it cannot be listed, found again or revoked.",
        "Without the owner, the event type is looked up by its name, its slug or its booking page, among the active ones.",
        "They are the organization's, or the user's own where Calendly shows no more. Names equal to the letter go first.",
    ),
)
